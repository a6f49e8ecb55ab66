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
  /** Each secret as it is, and as it stands in JSON and in URLs; and what is shown instead. */
  readonly #forms: ReadonlyArray<readonly [written: string, shown: () => string]>

  /** `more`: secrets that came otherwise than in a header. */
  constructor(headers: Headers, more: ReadonlyArray<string | undefined> = []) {
    const values = [...SECRET_HEADERS].map(name => headers.get(name))
    const secrets = new Set([...values, ...more].filter(value => typeof value === 'string' && value !== ''))
    this.#forms = [...(secrets as Set<string>)].flatMap(secret => {
      const shown = hidden(secret)
      const written = [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]
      // Not as text: what is shown of a secret may be `$&`, which means something in a replacement.
      return [secret, ...written.filter(form => form !== secret)].map(form => [form, () => shown] as const)
    })
  }

  /** The text with all secrets hidden, as they are and as they stand in JSON and in URLs. */
  hide(text: string): string {
    let safe = text
    for (const [written, shown] of this.#forms) safe = safe.replaceAll(written, shown)
    return safe
  }
}
