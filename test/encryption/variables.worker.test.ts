import { beforeEach, expect, it } from 'vitest'
import { aesKey, encrypt } from '../../src/encryption/aes.ts'
import { rewrapKeys } from '../../src/encryption/rotate-root.ts'
import type { Env } from '../../src/env.ts'
import { FUNCTION_PUBLICATION, functions } from '../../src/functions/control/function-records.ts'
import { writeLatestManifest } from '../../src/functions/control/write-manifest.ts'
import { fromBase64, toBase64 } from '../../src/lib/base64.ts'
import { Records } from '../../src/records/records.ts'
import { deploy, type Harness, isolateOf, lambdaHarness } from '../functions/function-host.ts'

const SHOWS = "exports.handler = async () => process.env.SECRET ?? 'none'"
const Environment = { Variables: { SECRET: 'kept' } }

const newSecret = () => toBase64(crypto.getRandomValues(new Uint8Array(32)))

let root: string
let weir: Harness

beforeEach(async () => {
  root = newSecret()
  weir = await lambdaHarness({ WEIR_ENCRYPTION_KEY: root })
})

/** As a release without data keys left it: variables under the root secret itself, bound to the function alone. */
async function sealAsBefore(name: string): Promise<void> {
  const records = new Records(weir.env.DB, weir.account)
  const stored = (await records.get(functions, '', name))!
  const environment = await encrypt(
    await aesKey(fromBase64(root)),
    stored.doc.uid,
    new TextEncoder().encode(JSON.stringify(Environment.Variables)) as Uint8Array<ArrayBuffer>,
  )
  const record = { ...stored.doc, latest: { ...stored.doc.latest, environment } }
  await writeLatestManifest(weir.env.STORE, weir.account, name, record)
  const change = records.change().replace(functions, stored, record)
  await change.publish({ kind: FUNCTION_PUBLICATION, id: name }).commit()
  await weir.publishWaiting()
}

it('a function that an earlier release left goes on, is described, changed and published, and outlasts its secret', async () => {
  const FunctionName = 'earlier'
  await deploy(weir, FunctionName, SHOWS)
  await sealAsBefore(FunctionName)
  expect(await isolateOf(weir).valueOf(FunctionName)).toBe('kept')
  expect(await weir.client.getFunctionConfiguration({ FunctionName })).toMatchObject({ Environment })
  const before = Object.keys((await weir.pointer(FunctionName))!.manifests!)
  // The same variables: nothing is sealed anew, and warm isolates stay.
  await weir.client.updateFunctionConfiguration({ FunctionName, Environment })
  expect(Object.keys((await weir.pointer(FunctionName))!.manifests!)).toEqual(before)
  expect((await weir.client.publishVersion({ FunctionName })).Version).toBe('1')

  const next = newSecret()
  const rotating: Env = { ...weir.env, WEIR_ENCRYPTION_KEY: next, WEIR_ENCRYPTION_KEY_PREVIOUS: root }
  while ((await rewrapKeys(rotating, weir.account.id)) > 0);
  const rotated = isolateOf(weir, { WEIR_ENCRYPTION_KEY: next })
  expect(await rotated.valueOf(FunctionName)).toBe('kept')
  expect(await rotated.valueOf(FunctionName, {}, { qualifier: '1' })).toBe('kept')
})

it('loading a function costs one read of the account’s keys an isolate, and none without variables', async () => {
  for (const name of ['one', 'other']) await deploy(weir, name, SHOWS, { Environment })
  await deploy(weir, 'bare', SHOWS)
  const reads: string[] = []
  const IDENTITY_ROUTER = new Proxy(weir.env.IDENTITY_ROUTER, {
    get(target, member) {
      const value = Reflect.get(target, member)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (member === 'getByName') reads.push(String(given[0]))
        return Reflect.apply(value, target, given)
      }
    },
  })
  const DB = new Proxy(weir.env.DB, {
    get() {
      throw new Error('the data plane reads no database')
    },
  })
  const isolate = isolateOf(weir, { IDENTITY_ROUTER, DB })
  expect(await isolate.valueOf('bare')).toBe('none')
  expect(reads).toEqual([])
  expect(await isolate.valueOf('one')).toBe('kept')
  expect(await isolate.valueOf('other')).toBe('kept')
  expect(reads).toEqual([`account/${weir.account.id}`])
})
