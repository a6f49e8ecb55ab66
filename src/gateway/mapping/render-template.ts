import { Compile, parse } from 'velocityjs'
import type { TemplateVariables } from './template-variables.ts'

/** A mapping template, parsed once. */
export interface Template {
  /** Whether it looks at the payload: one that does not needs no body to be read. */
  readonly readsBody: boolean
  /** The text itself when nothing in it is Velocity. */
  readonly constant: string | undefined
  readonly tree: ReturnType<typeof parse>
}

/** A template that is not valid, or fails with what it is given. Its owner's mistake, not ours. */
export class TemplateError extends Error {}

/** `$input.body`, `$input.json(...)`, `$input.path(...)`, in any of Velocity's spellings. */
const READS_BODY = /\binput\s*[.[]\s*['"]?(?:body|json|path)\b/

/** Throws {@link TemplateError} when `text` is no Velocity template. */
export function parseTemplate(text: string): Template {
  if (!/[$#\\]/.test(text)) return { tree: [], constant: text, readsBody: false }
  try {
    return { tree: parse(text), constant: undefined, readsBody: READS_BODY.test(text) }
  } catch (cause) {
    throw new TemplateError('the mapping template cannot be parsed', { cause })
  }
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
  try {
    return new Compile(template.tree).render({ ...variables() }, {}, true)
  } catch (cause) {
    if (cause instanceof TemplateError) throw cause
    throw new TemplateError('the mapping template failed', { cause })
  }
}
