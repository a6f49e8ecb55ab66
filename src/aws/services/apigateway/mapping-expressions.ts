import type { Refusal } from '../../../lib/refusal.ts'
import { badRequest } from './refusals.ts'

/** What stands behind `header.`, `path.` and the like; a pattern's text. */
export const NAME = '[^\\s\'"{}]+'

/** Sources that every mapping may have, whatever else it takes. */
export const STATIC = /^'.*'$/s
export const CONTEXT = new RegExp(`^(context|stageVariables)\\.${NAME}$`)

export const invalidMapping = (error: string): Refusal =>
  badRequest(`Invalid mapping expression specified: Validation Result: warnings : [], errors : [${error}]`)

export const invalidExpression = (expression: string): Refusal =>
  invalidMapping(`Invalid mapping expression specified: ${expression}`)
