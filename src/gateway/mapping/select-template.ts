import { ownField } from '../../lib/fields.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { parseTemplate, type Template } from './render-template.ts'

/** Templates by content type, each parsed when it is first used. */
export class TemplateSet {
  readonly #texts: Readonly<Record<string, string | null>>
  readonly #parsed = new Map<string, Template>()

  constructor(texts: Readonly<Record<string, string | null>> | undefined) {
    this.#texts = texts ?? {}
  }

  get isEmpty(): boolean {
    return Object.keys(this.#texts).length === 0
  }

  /** Undefined when there is none for this content type. Throws `TemplateError` when it is not valid. */
  get(contentType: string): Template | undefined {
    const text = ownField(this.#texts, contentType)
    if (text === undefined || text === null) return undefined
    let template = this.#parsed.get(contentType)
    if (!template) {
      template = parseTemplate(text)
      this.#parsed.set(contentType, template)
    }
    return template
  }

  /** A template that is JSON's null is one that leaves the payload as it is. */
  leavesAsIs(contentType: string): boolean {
    return ownField(this.#texts, contentType) === null
  }

  /** Content types in the order of definition. */
  get contentTypes(): string[] {
    return Object.keys(this.#texts)
  }
}

export type RequestTemplate = { readonly template: Template } | 'pass-through' | 'unsupported-media-type'

/**
 * What becomes of a request's payload. A request without a Content-Type counts as `application/json`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
 */
export function requestTemplate(
  templates: TemplateSet,
  behavior: SnapshotIntegration['passthroughBehavior'],
  mediaType: string,
): RequestTemplate {
  for (const contentType of [mediaType || 'application/json', '$default']) {
    if (templates.leavesAsIs(contentType)) return 'pass-through'
    const template = templates.get(contentType)
    if (template) return { template }
  }
  switch (behavior) {
    case 'WHEN_NO_MATCH':
      return 'pass-through'
    case 'WHEN_NO_TEMPLATES':
      return templates.isEmpty ? 'pass-through' : 'unsupported-media-type'
    case 'NEVER':
      return 'unsupported-media-type'
  }
}

/**
 * The template for a response and the content type that it makes: by the request's first `Accept`, else
 * `application/json`, else the first one there is; undefined without any.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
 */
export function responseTemplate(
  templates: TemplateSet,
  accepted: string,
): { readonly template: Template; readonly contentType: string } | undefined {
  for (const contentType of [accepted, 'application/json', ...templates.contentTypes]) {
    if (templates.leavesAsIs(contentType)) return undefined
    const template = contentType === '' ? undefined : templates.get(contentType)
    if (template) return { template, contentType }
  }
  return undefined
}
