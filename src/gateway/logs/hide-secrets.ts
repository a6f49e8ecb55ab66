/** "API Gateway redacts authorization headers, API key values, and similar sensitive request parameters." */
const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'x-api-key',
  'x-amz-security-token',
])

/** Characters at the end that API Gateway shows, for people to tell keys from each other. */
const SHOWN = 6

/** All but the last characters as stars, as many as there are: `****3f2a1b`. A short one shows nothing. */
export function hidden(secret: string): string {
  const shown = secret.length > 2 * SHOWN ? SHOWN : 0
  return '*'.repeat(secret.length - shown) + secret.slice(secret.length - shown)
}

/** The value of a header as a log may have it. */
export const loggedHeader = (name: string, value: string): string =>
  SECRET_HEADERS.has(name.toLowerCase()) ? hidden(value) : value

/** What must not be told, of one request: it may be found again in the event that a function is sent. */
export class Secrets {
  readonly #values: readonly string[]

  /** `more`: secrets that came otherwise than in a header. */
  constructor(headers: Headers, more: ReadonlyArray<string | undefined> = []) {
    const values = [...SECRET_HEADERS].map(name => headers.get(name))
    this.#values = [...new Set([...values, ...more])].filter(
      value => typeof value === 'string' && value !== '',
    ) as string[]
  }

  /** The text with all secrets hidden, as they are and as they stand in JSON and in URLs. */
  hide(text: string): string {
    let safe = text
    for (const secret of this.#values) {
      // Not as text: what is shown of a secret may be `$&`, which means something in a replacement.
      const replacement = () => hidden(secret)
      safe = safe.replaceAll(secret, replacement)
      for (const written of [
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret.toWellFormed()),
      ]) {
        if (written !== secret) safe = safe.replaceAll(written, replacement)
      }
    }
    return safe
  }
}
