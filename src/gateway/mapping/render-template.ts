import type { TextTrees } from '../velocity/evaluate-expression.ts'
import { runTemplate } from '../velocity/run-template.ts'
import { TemplateError } from '../velocity/template-error.ts'
import { parseTree, type TemplateNode } from '../velocity/template-tree.ts'
import type { TemplateVariables } from './template-variables.ts'

export { TemplateError }

/** A mapping template, parsed once. */
export interface Template {
  /** Whether it looks at the payload: one that does not needs no body to be read. */
  readonly readsBody: boolean
  /** The text itself when nothing in it is Velocity. */
  readonly constant: string | undefined
  readonly tree: readonly TemplateNode[]
  readonly texts: TextTrees
}

/** "Mapping template size: 300 KB" */
const LARGEST_TEMPLATE = 300 * 1024

/** `$input.body`, `$input.json(...)`, `$input.path(...)`, in any of Velocity's spellings, and `$input` given away. */
const READS_BODY = /\binput\b(?!\s*\.\s*params\b)/

/** Throws {@link TemplateError} when `text` is no Velocity template. */
export function parseTemplate(text: string): Template {
  if (text.length > LARGEST_TEMPLATE) throw new TemplateError('the mapping template is too large')
  const texts: TextTrees = new Map()
  if (!/[$#\\]/.test(text)) return { tree: [], texts, constant: text, readsBody: false }
  return { tree: parseTree(text), texts, constant: undefined, readsBody: READS_BODY.test(text) }
}

/**
 * Runs a template. What it changes in `$context` (`$context.responseOverride.status`) stays there. The variables
 * are asked for only when the template is more than text.
 *
 * Names that were never set are written as nothing: API Gateway does so, where Velocity would leave the reference.
 * Throws {@link TemplateError}.
 */
export function renderTemplate(template: Template, variables: () => TemplateVariables): string {
  if (template.constant !== undefined) return template.constant
  return runTemplate(template.tree, { ...variables() }, template.texts)
}
