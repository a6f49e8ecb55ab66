import { beforeEach, describe, expect, it } from 'vitest'
import { addKey, publishKey } from '../../src/encryption/kms/create-key.ts'
import { type KeyState, kmsKeys } from '../../src/encryption/kms/key-records.ts'
import { KMS_KEY_PUBLICATION, publishedKeys } from '../../src/encryption/kms/published-keys.ts'
import { POINTER_AGES } from '../../src/pointers/pointer-cache.ts'
import { Records } from '../../src/records/records.ts'
import { failure, zipOf } from '../aws/services/lambda/lambda-harness.ts'
import { deploy, type Harness, isolateOf, lambdaHarness } from './function-host.ts'

const SHOWS = "exports.handler = async () => process.env.SECRET ?? 'none'"
const Environment = { Variables: { SECRET: 'of the function' } }

let weir: Harness

beforeEach(async () => {
  weir = await lambdaHarness()
})

const arnOf = (id: string) => `arn:aws:kms:${weir.account.region}:${weir.account.id}:key/${id}`

async function newKey(policy = allow()): Promise<string> {
  const id = crypto.randomUUID()
  const place = { account: weir.account, id }
  const change = new Records(weir.env.DB, weir.account).change()
  await addKey(
    weir.env,
    change,
    place,
    { description: '', policy, tags: {}, manager: 'CUSTOMER' },
    Date.now(),
  )
  await change.commit()
  await publishKey(weir.env, place)
  return id
}

function allow(...more: object[]): string {
  const Principal = { AWS: `arn:aws:iam::${weir.account.id}:root` }
  const own = { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }
  return JSON.stringify({ Version: '2012-10-17', Statement: [own, ...more] })
}

async function change(id: string, to: { state?: KeyState; policy?: string } | 'gone'): Promise<void> {
  const records = new Records(weir.env.DB, weir.account)
  const stored = (await records.get(kmsKeys, '', id))!
  const change = records.change().publish({ kind: KMS_KEY_PUBLICATION, id })
  if (to === 'gone') change.remove(kmsKeys, stored)
  else change.replace(kmsKeys, stored, { ...stored.doc, ...to })
  await change.commit()
  await publishKey(weir.env, { account: weir.account, id })
}

describe('variables under a KMS key', () => {
  it('reach the function, and lie nowhere in the clear', async () => {
    const KMSKeyArn = arnOf(await newKey())
    await deploy(weir, 'sealed', SHOWS, { Environment, KMSKeyArn })
    expect(await isolateOf(weir).valueOf('sealed')).toBe('of the function')
    const shown = await weir.client.getFunctionConfiguration({ FunctionName: 'sealed' })
    expect(shown).toMatchObject({ KMSKeyArn, Environment })
    const { manifests } = (await weir.pointer('sealed'))!
    const [manifest] = Object.values(manifests!)
    expect(manifest!.environment!.kms).toBeTypeOf('string')
    expect(JSON.stringify(manifest)).not.toContain('of the function')
  })

  it.each([
    ['disabled', { state: 'Disabled' }, 'KMSDisabledException'],
    ['to be deleted', { state: 'PendingDeletion' }, 'KMSInvalidStateException'],
    ['deleted', 'gone', 'KMSNotFoundException'],
  ] as const)('cannot be had while the key is %s: calls fail as Lambda’s do', async (_, to, code) => {
    const id = await newKey()
    await deploy(weir, 'calls', SHOWS, { Environment, KMSKeyArn: arnOf(id) })
    const isolate = isolateOf(weir)
    weir.invoke = invocation => isolate.invoke(invocation.name)
    await change(id, to)
    const error = await failure(weir.client.invoke({ FunctionName: 'calls' }))
    expect([error.name, error.$metadata.httpStatusCode]).toEqual([code, 502])
    expect(error.message).toMatch(/^Lambda was unable to decrypt the environment variables because/)
    const shown = await weir.client.getFunctionConfiguration({ FunctionName: 'calls' })
    expect(shown.Environment).toMatchObject({ Error: { ErrorCode: code } })
    if (to === 'gone') return
    await change(id, { state: 'Enabled' })
    expect(await isolateOf(weir).valueOf('calls')).toBe('of the function')
  })

  it('are refused to further isolates of a function although one has them in memory', async () => {
    const id = await newKey()
    const slow = 'exports.handler = async ms => new Promise(r => setTimeout(r, ms, process.env.SECRET))'
    await deploy(weir, 'warm', slow, { Environment, KMSKeyArn: arnOf(id), Timeout: 10 })
    const isolate = isolateOf(weir)
    expect(await isolate.valueOf('warm', 0)).toBe('of the function')
    const long = isolate.valueOf('warm', 3500)
    await change(id, { state: 'Disabled' })
    // Another isolate than the one that changed it: what it knows may be so old.
    await new Promise(resolve => setTimeout(resolve, POINTER_AGES.servable + 50))
    expect(await isolate.invoke('warm', 0)).toMatchObject({
      kind: 'refused',
      reason: 'key-unusable',
      code: 'KMSDisabledException',
    })
    // As Lambda's do, an isolate keeps the variables that it began with.
    expect(await long).toBe('of the function')
  })

  it('are kept from a role that the key’s policy forbids them', async () => {
    const id = await newKey()
    await deploy(weir, 'denied', SHOWS, { Environment, KMSKeyArn: arnOf(id) })
    const forbids = { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*' }
    await change(id, { policy: allow(forbids) })
    const answer = await isolateOf(weir).invoke('denied')
    expect(answer).toMatchObject({ kind: 'refused', code: 'KMSAccessDeniedException' })
  })

  it('are sealed anew when the key changes, and stay as they are when it does not', async () => {
    const FunctionName = 'turns'
    const [first, second] = [arnOf(await newKey()), arnOf(await newKey())]
    await deploy(weir, FunctionName, SHOWS, { Environment, KMSKeyArn: first })
    const sealed = async () => Object.values((await weir.pointer(FunctionName))!.manifests!)[0]!.environment!
    const before = await sealed()
    await weir.client.updateFunctionConfiguration({ FunctionName, KMSKeyArn: first, Timeout: 5, Environment })
    expect(await sealed()).toEqual(before)
    await weir.client.updateFunctionConfiguration({ FunctionName, KMSKeyArn: second })
    const moved = await sealed()
    expect(moved.kms).not.toBe(before.kms)
    await change(first.split('/')[1]!, 'gone')
    expect(await isolateOf(weir).valueOf(FunctionName)).toBe('of the function')
    await weir.client.updateFunctionConfiguration({ FunctionName, KMSKeyArn: '' })
    const back = await sealed()
    expect([back.kms, back.key]).toEqual([undefined, expect.any(String)])
    await change(second.split('/')[1]!, 'gone')
    expect(await isolateOf(weir).valueOf(FunctionName)).toBe('of the function')
  })

  it('need a key that is there and enabled', async () => {
    const id = await newKey()
    const create = (KMSKeyArn: string) =>
      failure(
        weir.client.createFunction({
          FunctionName: 'none',
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: `arn:aws:iam::${weir.account.id}:role/r`,
          Code: { ZipFile: zipOf('x') },
          Environment,
          KMSKeyArn,
        }),
      )
    const absent = arnOf('00000000-0000-4000-8000-000000000000')
    expect((await create(absent)).message).toContain(
      `KMS Exception: NotFoundException KMS Message: Key '${absent}' does not exist`,
    )
    await change(id, { state: 'Disabled' })
    expect((await create(arnOf(id))).message).toContain(
      `DisabledException KMS Message: ${arnOf(id)} is disabled.`,
    )
  })

  it('may be under a key of another account if that one’s policy lets this one in', async () => {
    const other = await lambdaHarness()
    const id = await newKey()
    const KMSKeyArn = arnOf(id)
    const create = () => deploy(other, 'borrows', SHOWS, { Environment, KMSKeyArn })
    expect((await failure(create())).name).toBe('AccessDeniedException')
    const lets = (Principal: string) =>
      allow({ Effect: 'Allow', Principal: { AWS: Principal }, Action: 'kms:*', Resource: '*' })
    await change(id, { policy: lets(`arn:aws:iam::${other.account.id}:root`) })
    publishedKeys(other.env).clear()
    await create()
    expect(await isolateOf(other).valueOf('borrows')).toBe('of the function')
  })
})
