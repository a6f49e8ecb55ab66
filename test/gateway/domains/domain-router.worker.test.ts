import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Env } from '../../../src/env.ts'
import type { CustomDomain, DomainDirectory } from '../../../src/gateway/domains/directory.ts'

const { DOMAIN_ROUTER } = env as unknown as Env

const domain = (mappings: CustomDomain['mappings'] = []): CustomDomain => ({
  account: '123456789012',
  region: 'us-east-1',
  mappings,
})

async function read(name: string, known?: number) {
  const reply = await DOMAIN_ROUTER.getByName(name).read(known)
  return 'doc' in reply ? { ...reply, doc: JSON.parse(reply.doc) as DomainDirectory } : reply
}

test('a DomainRouter tells what changed, and nothing when nothing did', async () => {
  const router = DOMAIN_ROUTER.getByName('changes')
  expect(await read('changes')).toEqual({ missing: true })
  await router.publish('a.example.com', 5, domain())
  expect(await read('changes')).toMatchObject({ generation: 1 })
  expect(await read('changes', 1)).toEqual({ generation: 1, unchanged: true })
  await router.publish('a.example.com', 4, null)
  expect(await read('changes', 1)).toEqual({ generation: 1, unchanged: true })
  await router.publish('a.example.com', 6, null)
  const after = await read('changes', 1)
  expect(after).toMatchObject({ generation: 2, doc: { domains: { 'a.example.com': { generation: 6 } } } })
})

test('a DomainRouter holds as many names with as many base paths as an account may have', async () => {
  const router = DOMAIN_ROUTER.getByName('many')
  const mappings = Array.from({ length: 200 }, (_, i) => ({
    basePath: `${'x'.repeat(100)}/${i}`,
    apiId: 'a1b2c3d4e5',
    stage: 'production',
  }))
  const names = Array.from({ length: 120 }, (_, i) => `api${i}.example.com`)
  for (const name of names) await router.publish(name, 1, domain(mappings))
  await evictDurableObject(router)
  const reply = await read('many')
  expect('doc' in reply && Object.keys(reply.doc.domains).sort()).toEqual(names.sort())
  expect('doc' in reply && reply.doc.domains['api7.example.com']?.domain?.mappings.length).toBe(200)
})
