import type { Admittance } from '../metering/decision.ts'
import type { Left } from '../metering/lease-protocol.ts'
import type { Reply } from './exchange.ts'

type Header = Reply['headers'][number]

/**
 * What a client is told of its limits, where its usage plan says so (tag `weir:rate-limit-headers`): the policies and
 * what is left of them, as in draft-ietf-httpapi-ratelimit-headers-10, and when a refused request may come again.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 *
 * What is left is what the key's meter said with the grant that admitted the request, and what of that grant is not
 * spent: other isolates may have taken of it since, so it is a hint and no promise, as the draft says it may be.
 */
export function rateLimitHeaders({ key, refusal }: Admittance): Header[] {
  if (!key) return []
  const grant = key.admitted ? key.grant : undefined
  const left = key.admitted ? grant?.left : key.left
  if (!left) return []
  const policies = policiesOf(left, grant?.tokens ?? 0)
  const headers: Header[] = []
  if (policies.length > 0) {
    headers.push(
      ['RateLimit-Policy', policies.map(({ name, terms }) => `"${name}";${terms}`).join(', ')],
      ['RateLimit', policies.map(({ name, state }) => `"${name}";${state}`).join(', ')],
    )
  }
  const retryAfterMs = refusal?.retryAfterMs
  if (retryAfterMs !== undefined) headers.push(['Retry-After', String(seconds(retryAfterMs))])
  return headers
}

interface Policy {
  readonly name: string
  /** `q`: how much, `w`: in how many seconds. */
  readonly terms: string
  /** `r`: how much is left, `t`: in how many seconds there is all of it again. */
  readonly state: string
}

/** `mine`: tokens that this isolate holds, and that are left as well. */
function policiesOf({ rate, burst, tokens, quota }: Left, mine: number): Policy[] {
  const policies: Policy[] = []
  if (rate !== undefined && burst !== undefined && tokens !== undefined) {
    const now = Math.min(burst, tokens + mine)
    const window = rate > 0 ? seconds((burst * 1000) / rate) : undefined
    const full = rate > 0 ? `;t=${seconds(((burst - now) * 1000) / rate, 0)}` : ''
    policies.push({
      name: 'rate',
      terms: `q=${burst}${window === undefined ? '' : `;w=${window}`}`,
      state: `r=${now}${full}`,
    })
  }
  if (quota) {
    policies.push({
      name: 'quota',
      terms: `q=${quota.limit}`,
      state: `r=${Math.max(0, quota.left + mine)};t=${seconds(quota.resetMs, 0)}`,
    })
  }
  return policies
}

/** An Integer has at most 15 digits: https://www.rfc-editor.org/rfc/rfc9651#name-integers */
const LARGEST = 999_999_999_999_999

const seconds = (ms: number, least = 1): number => Math.min(LARGEST, Math.max(least, Math.ceil(ms / 1000)))
