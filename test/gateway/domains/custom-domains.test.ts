import { describe, expect, test } from 'vitest'
import { CustomDomains, NOWHERE } from '../../../src/gateway/domains/custom-domains.ts'
import {
  type CustomDomain,
  type DomainDirectory,
  domainOf,
  withDomain,
} from '../../../src/gateway/domains/directory.ts'
import { OwnHosts } from '../../../src/gateway/domains/own-hosts.ts'
import { PointerCache } from '../../../src/pointers/pointer-cache.ts'

const domain = (...mappings: CustomDomain['mappings']): CustomDomain => ({
  account: '123456789012',
  region: 'us-east-1',
  mappings,
})

const SHOP = domain(
  { basePath: 'v1', apiId: 'api1', stage: 'prod' },
  { basePath: 'v2', apiId: 'api2' },
  { basePath: '', apiId: 'api3', stage: 'live' },
)

function directoryOf(domains: Record<string, CustomDomain>): DomainDirectory {
  let directory: DomainDirectory | undefined
  for (const [name, each] of Object.entries(domains)) directory = withDomain(directory, name, 1, each, 0)
  return directory!
}

describe('the directory', () => {
  test('takes the newest publication of a name, whatever order they come in', () => {
    const newer = withDomain(undefined, 'a.example.com', 5, SHOP, 0)!
    expect(withDomain(newer, 'a.example.com', 4, null, 0)).toBeUndefined()
    expect(withDomain(newer, 'a.example.com', 5, null, 0)).toBeUndefined()
    const removed = withDomain(newer, 'a.example.com', 6, null, 1_000)!
    expect(domainOf(removed, 'a.example.com')).toBeUndefined()
    expect(withDomain(removed, 'a.example.com', 5, SHOP, 2_000)).toBeUndefined()
    expect(domainOf(withDomain(removed, 'a.example.com', 7, SHOP, 2_000)!, 'a.example.com')).toEqual(SHOP)
  })

  test('forgets a name that was given up a day ago', () => {
    const removed = withDomain(undefined, 'a.example.com', 1, null, 0)
    const names = (now: number) =>
      Object.keys(withDomain(removed, 'b.example.com', 1, SHOP, now)!.domains).sort()
    expect(names(1_000)).toEqual(['a.example.com', 'b.example.com'])
    expect(names(86_400_000)).toEqual(['b.example.com'])
  })

  test('lets a name go before the wildcard that covers it, which stands for one label', () => {
    const directory = directoryOf({ '*.example.com': SHOP, 'a.example.com': domain() })
    expect(domainOf(directory, 'a.example.com')).toEqual(domain())
    expect(domainOf(directory, 'b.example.com')).toEqual(SHOP)
    for (const other of ['example.com', 'x.b.example.com', 'b.example.org', '__proto__', 'constructor'])
      expect(domainOf(directory, other)).toBeUndefined()
  })
})

describe('a request', () => {
  const domains = (directory: DomainDirectory | undefined, named?: string) =>
    new CustomDomains({
      directory: { get: () => directory && { doc: directory, generation: 1, stale: false } },
      ownHosts: new OwnHosts(named),
    })
  const at = (url: string) => domains(directoryOf({ 'shop.example.com': SHOP })).addressOf(new Request(url))

  test.each([
    ['http://shop.example.com/v1/pets', { apiId: 'api1', stage: 'prod', rawPath: '/pets', basePath: '/v1' }],
    ['https://SHOP.example.com:8443/v1', { apiId: 'api1', stage: 'prod', rawPath: '', basePath: '/v1' }],
    ['http://shop.example.com./v2/dev/x', { apiId: 'api2', stage: 'dev', rawPath: '/x', basePath: '/v2' }],
    ['http://shop.example.com/v2', { apiId: 'api2', stage: '', rawPath: '', basePath: '/v2' }],
    ['http://shop.example.com/x?y=/v1', { apiId: 'api3', stage: 'live', rawPath: '/x', basePath: '' }],
  ])('%s is of the API that is mapped there', (url, expected) => {
    expect(at(url)).toEqual(expected)
  })

  test('where nothing is mapped is of no API, and of nobody else either', () => {
    const directory = directoryOf({ 'shop.example.com': domain({ basePath: 'v1', apiId: 'a', stage: 's' }) })
    expect(domains(directory).addressOf(new Request('http://shop.example.com/v3'))).toBe(NOWHERE)
  })

  test('of another host, or of a Weir without domains, is none of theirs', () => {
    expect(at('http://other.example.com/v1/pets')).toBeUndefined()
    expect(domains(undefined).addressOf(new Request('http://shop.example.com/v1'))).toBeUndefined()
  })

  test.each([
    'http://localhost:8787/',
    'http://127.0.0.1:8787/',
    'http://[::1]:8787/',
    'http://weir/',
    'https://weir.me.workers.dev/',
    'https://lambda.us-east-1.amazonaws.com/',
    'https://lambda.eusc-de-east-1.amazonaws.eu/',
    'https://x.lambda-url.us-east-1.on.aws/',
    'https://lambda.cn-north-1.api.amazonwebservices.com.cn./',
    'https://control.example.com/',
  ])('of Weir’s own host %s asks nobody', url => {
    const asked: string[] = []
    const custom = new CustomDomains({
      directory: {
        get: name => {
          asked.push(name)
          return undefined
        },
      },
      ownHosts: new OwnHosts('control.example.com, other.example.com'),
    })
    expect(custom.addressOf(new Request(url))).toBeUndefined()
    expect(asked).toEqual([])
  })
})

test('a flood of invented hosts costs one read of the directory a second, and no memory', async () => {
  let now = 1_000_000
  let reads = 0
  const custom = new CustomDomains({
    directory: new PointerCache<DomainDirectory>({
      read: async () => {
        reads += 1
        return { missing: true }
      },
      clock: () => now,
      defer: () => {},
    }),
    ownHosts: new OwnHosts(),
  })
  for (let i = 0; i < 10_000; i++) {
    if (i % 1_000 === 0) now += 1_000
    expect(await custom.addressOf(new Request(`http://x${i}.example.com/`))).toBeUndefined()
  }
  expect(reads).toBeLessThanOrEqual(10)
})
