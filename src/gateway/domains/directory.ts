import { ownField } from '../../lib/fields.ts'
import type { DomainMapping } from './match-base-path.ts'

/** What a custom domain name leads to. */
export interface CustomDomain {
  readonly account: string
  readonly region: string
  readonly mappings: readonly DomainMapping[]
}

/**
 * All custom domain names of this Weir, by name: the document of the one DomainRouter object.
 *
 * One document, because a host is the client's word: an isolate that holds all names knows without asking anybody that
 * a host is none of them. Asked for one by one, every invented host would be a call, and an object made for it.
 */
export interface DomainDirectory {
  readonly schema: 1
  readonly domains: Readonly<Record<string, ListedDomain>>
}

export interface ListedDomain {
  /** Of the publication that it came with. */
  readonly generation: number
  /** Absent: the name was given up. Kept for a while, so that an older publication that comes late is known for one. */
  readonly domain?: CustomDomain
  /** Epoch milliseconds. */
  readonly removedAt?: number
}

/** Name of the DomainRouter object. */
export const DIRECTORY = 'domains'

/** Milliseconds after which no publication is on its way any more. */
const LATEST = 24 * 60 * 60_000

/**
 * The directory after one name was published; undefined when a newer publication of it has come already.
 *
 * @param domain null: the name was given up
 * @param now epoch milliseconds
 */
export function withDomain(
  directory: DomainDirectory | undefined,
  name: string,
  generation: number,
  domain: CustomDomain | null,
  now: number,
): DomainDirectory | undefined {
  const known = directory && ownField(directory.domains, name)
  if (known && known.generation >= generation) return undefined
  const others = Object.entries(directory?.domains ?? {}).filter(
    ([other, { removedAt }]) => other !== name && (removedAt === undefined || now - removedAt < LATEST),
  )
  const listed: ListedDomain = domain ? { generation, domain } : { generation, removedAt: now }
  return { schema: 1, domains: Object.fromEntries([...others, [name, listed]]) }
}

/**
 * The custom domain that serves a host, whose own name goes before the wildcard that covers it: "in a single AWS
 * account, you can configure *.example.com and a.example.com to behave differently".
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html#wildcard-custom-domain-names
 *
 * @param hostname in lower case and without a port
 */
export function domainOf(directory: DomainDirectory, hostname: string): CustomDomain | undefined {
  const own = ownField(directory.domains, hostname)?.domain
  if (own) return own
  const wildcard = wildcardOver(hostname)
  return wildcard === undefined ? undefined : ownField(directory.domains, wildcard)?.domain
}

/** `*.example.com` for `a.example.com`: a wildcard stands for one label, as in a certificate. */
export function wildcardOver(hostname: string): string | undefined {
  const dot = hostname.indexOf('.')
  return dot > 0 ? `*${hostname.slice(dot)}` : undefined
}
