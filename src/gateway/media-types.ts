import { mediaTypeOf } from '../lib/media-type.ts'

/** "API Gateway honors only the first `Accept` media type." */
export function firstAccepted(accept: string | null): string {
  if (!accept) return ''
  const end = accept.indexOf(',')
  return mediaTypeOf(end < 0 ? accept : accept.slice(0, end))
}

/**
 * An API's `binaryMediaTypes`: what is binary data and travels to a function in base64.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
 */
export class BinaryMediaTypes {
  readonly #all: boolean
  readonly #types: ReadonlySet<string>
  /** `image/` for `image/*`. */
  readonly #groups: readonly string[]

  constructor(types: readonly string[]) {
    const lower = types.map(type => type.trim().toLowerCase())
    this.#all = lower.includes('*/*')
    this.#types = new Set(lower.filter(type => !type.includes('*')))
    this.#groups = lower.filter(type => type.endsWith('/*') && type !== '*/*').map(type => type.slice(0, -1))
  }

  /** `mediaType` without parameters and in lower case, as {@link mediaTypeOf} gives it. */
  has(mediaType: string): boolean {
    if (this.#all) return true
    if (this.#types.size === 0 && this.#groups.length === 0) return false
    return this.#types.has(mediaType) || this.#groups.some(group => mediaType.startsWith(group))
  }
}
