import { executeApiArn } from '../lib/arn.ts'
import { CLOUDFLARE_HEADERS } from '../lib/forwarded.ts'
import { declaresMoreThan } from '../lib/read-bounded.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayRefusal } from './gateway-responses.ts'

/**
 * What a request of an API may have at most.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export const LIMITS = {
  /** Bytes of a body, as it was sent and after decompression. "Payload size: 10 MB". */
  body: 10 * 1024 * 1024,
  /** Bytes. "Total combined size of all header values, including the Authorization header". */
  headerValues: 10_240,
  /** "Length, in characters, of the URL for a regional API". */
  url: 10_240,
  /** Bytes of the ARN that a request for a guarded method is decided by, with the path that was sent. */
  methodArn: 1600,
} as const

/**
 * Types of their own AWS has for none but the first. 414 is documented for ARNs; 431 is what clients are seen to get;
 * the words of these two are HTTP's.
 */
const TOO_LARGE = {
  body: { type: 'REQUEST_TOO_LARGE' },
  headers: {
    type: 'DEFAULT_4XX',
    status: 431,
    message: 'Request Header Fields Too Large',
    errorType: 'RequestTooLargeException',
  },
  url: {
    type: 'DEFAULT_4XX',
    status: 414,
    message: 'Request URI too long',
    errorType: 'RequestTooLargeException',
  },
} as const satisfies Readonly<Record<string, GatewayRefusal>>

/** Why a request is too large to be looked at, as far as its head tells. */
export function tooLarge({ request, href, sentHeaders }: Exchange): GatewayRefusal | undefined {
  if (declaresMoreThan(request, LIMITS.body)) return TOO_LARGE.body
  if (href.length > LIMITS.url) return TOO_LARGE.url
  return sentHeaders.valueBytes > LIMITS.headerValues ? TOO_LARGE.headers : undefined
}

/** "When authorization is enabled on a method, the maximum length of the method's ARN is 1600 bytes". */
export function arnTooLong({ address, httpMethod, located }: Exchange): GatewayRefusal | undefined {
  // Account, API and stage take some hundred characters of it.
  if (address.rawPath.length < LIMITS.methodArn / 2) return undefined
  const { api, stage } = located
  const arn = executeApiArn(api.account, api.apiId, stage.name, httpMethod, address.rawPath)
  return arn.length > LIMITS.methodArn ? TOO_LARGE.url : undefined
}

const CLOUDFLARE: ReadonlySet<string> = new Set(CLOUDFLARE_HEADERS)

/** A request's headers, read once: going through a platform's object costs more than through a list. */
export class SentHeaders {
  readonly valueBytes: number
  /** Names at even places, the value of each after it. */
  readonly #list: readonly string[]

  constructor(headers: Headers) {
    const list: string[] = []
    let valueBytes = 0
    headers.forEach((value, name) => {
      list.push(name, value)
      if (!CLOUDFLARE.has(name)) valueBytes += value.length
    })
    this.#list = list
    this.valueBytes = valueBytes
  }

  /** As `Headers` have it: names in lower case, a repeated one joined. */
  forEach(visit: (value: string, name: string) => void): void {
    const list = this.#list
    for (let i = 0; i < list.length; i += 2) visit(list[i + 1]!, list[i]!)
  }
}
