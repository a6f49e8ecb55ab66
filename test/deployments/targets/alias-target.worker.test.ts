import { expect, test } from 'vitest'
import type { AliasSpec } from '../../../src/deployments/release.ts'
import { aliasTarget } from '../../../src/deployments/targets/alias-target.ts'
import { deploy, lambdaHarness } from '../../functions/function-host.ts'

const DRIVER = { driver: 'deployments/somebody/g' }

async function twoVersions(name: string) {
  const weir = await lambdaHarness()
  await deploy(weir, name, `exports.handler = async () => 'one'`)
  await weir.client.publishVersion({ FunctionName: name })
  await weir.client.updateFunctionConfiguration({ FunctionName: name, Description: 'two' })
  await weir.client.publishVersion({ FunctionName: name })
  await weir.client.createAlias({ FunctionName: name, Name: 'live', FunctionVersion: '1' })
  const spec: AliasSpec = { type: 'alias', function: name, alias: 'live', target: '2' }
  const getAlias = async () => {
    const { FunctionVersion, RoutingConfig } = await weir.client.getAlias({
      FunctionName: name,
      Name: 'live',
    })
    return { version: FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights }
  }
  return { weir, name, getAlias, target: aliasTarget(weir.env, weir.account, spec), spec }
}

test('an alias is moved step by step, as get-alias and the data plane see it, and let go of in the end', async () => {
  const { weir, name, getAlias, target } = await twoVersions('stepwise')
  expect(await target.read()).toEqual({ current: '1' })
  const sticky = [{ by: 'header', name: 'x-user' }] as const
  expect(await target.claim({ owner: 'd-1', seq: 1, ...DRIVER, sticky, prewarm: 2 })).toBeUndefined()
  expect(await getAlias()).toEqual({ version: '1', weights: undefined })
  const shift = {
    deployment: 'd-1',
    ...DRIVER,
    target: `${name}:live`,
    from: '1',
    to: '2',
    sticky,
    prewarm: 2,
  }
  expect((await weir.pointer(name))?.aliases.live).toEqual({ version: '1', shift })

  expect(await target.set({ owner: 'd-1', seq: 2 }, { share: 0, mirror: 0.25 })).toBeUndefined()
  expect((await weir.pointer(name))?.aliases.live).toEqual({
    version: '1',
    shift: { ...shift, mirror: 0.25 },
  })
  expect(await target.set({ owner: 'd-1', seq: 3 }, { share: 0.1 })).toBeUndefined()
  expect(await getAlias()).toEqual({ version: '1', weights: { 2: 0.1 } })
  expect(await target.read()).toEqual({ current: '1', other: { version: '2', share: 0.1 }, owner: 'd-1' })
  expect((await weir.pointer(name))?.aliases.live).toEqual({ version: '1', weights: { 2: 0.1 }, shift })

  expect(await target.set({ owner: 'd-1', seq: 4 }, { share: 1 })).toBeUndefined()
  expect(await getAlias()).toEqual({ version: '2', weights: undefined })
  // The data plane still knows the old version: the deployment may go back.
  expect((await weir.pointer(name))?.aliases.live).toEqual({ version: '1', weights: { 2: 1 }, shift })

  expect(await target.settle({ owner: 'd-1', seq: 5 })).toBeUndefined()
  expect(await target.read()).toEqual({ current: '2' })
  expect((await weir.pointer(name))?.aliases.live).toEqual({ version: '2' })
})

test('going back gives all calls to the old version, whatever was written late, and may be said again', async () => {
  const { getAlias, target } = await twoVersions('back')
  await target.claim({ owner: 'd-1', seq: 1, ...DRIVER })
  await target.set({ owner: 'd-1', seq: 3 }, { share: 0.5 })
  expect(await target.set({ owner: 'd-1', seq: 2 }, { share: 0.9 })).toMatchObject({ reason: 'late' })
  expect(await target.restore({ owner: 'd-1', seq: 4 })).toBeUndefined()
  expect(await getAlias()).toEqual({ version: '1', weights: undefined })
  expect(await target.restore({ owner: 'd-1', seq: 4 })).toBeUndefined()
  expect(await target.restore({ owner: 'd-1', seq: 5 })).toBeUndefined()
  for (const seq of [3, 4, 6])
    expect(await target.set({ owner: 'd-1', seq }, { share: 0.9 })).toMatchObject({ reason: 'late' })
  expect(await target.claim({ owner: 'd-1', seq: 1, ...DRIVER })).toMatchObject({ reason: 'late' })
  expect(await target.settle({ owner: 'd-1', seq: 7 })).toMatchObject({ reason: 'late' })
  expect(await getAlias()).toEqual({ version: '1', weights: undefined })
})

test('an alias that is let go of stays as it was divided', async () => {
  const { getAlias, target } = await twoVersions('left')
  await target.claim({ owner: 'd-1', seq: 1, ...DRIVER })
  await target.set({ owner: 'd-1', seq: 2 }, { share: 0.5 })
  expect(await target.leave({ owner: 'd-1', seq: 3 })).toBeUndefined()
  expect(await target.leave({ owner: 'd-1', seq: 3 })).toBeUndefined()
  expect(await getAlias()).toEqual({ version: '1', weights: { 2: 0.5 } })
  expect(await target.read()).toEqual({ current: '1', other: { version: '2', share: 0.5 } })
  expect(await target.claim({ owner: 'd-2', seq: 1, ...DRIVER })).toMatchObject({ reason: 'moved' })
})

test('while a deployment has an alias, nobody else moves it, removes it, or deletes a version that it needs', async () => {
  const { weir, name, target } = await twoVersions('owned')
  await target.claim({ owner: 'd-1', seq: 1, ...DRIVER })
  expect(await target.claim({ owner: 'd-2', seq: 1, ...DRIVER })).toMatchObject({ reason: 'taken' })
  expect(await target.set({ owner: 'd-2', seq: 9 }, { share: 1 })).toMatchObject({ reason: 'taken' })
  const alias = { FunctionName: name, Name: 'live' }
  const { client } = weir
  const refusal = { name: 'ResourceConflictException', message: expect.stringContaining('d-1') }
  await expect(client.updateAlias({ ...alias, FunctionVersion: '2' })).rejects.toMatchObject(refusal)
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } }
  await expect(client.updateAlias({ ...alias, RoutingConfig })).rejects.toMatchObject(refusal)
  await expect(client.deleteAlias(alias)).rejects.toMatchObject(refusal)
  await expect(client.deleteFunction({ FunctionName: name, Qualifier: '2' })).rejects.toMatchObject({
    name: 'ResourceConflictException',
  })
  await client.updateAlias({ ...alias, FunctionVersion: '1', Description: 'the same, in other words' })
  expect(await target.read()).toMatchObject({ owner: 'd-1' })
  await target.restore({ owner: 'd-1', seq: 2 })
  await client.updateAlias({ ...alias, FunctionVersion: '2' })
})

test('an alias is not taken over unless it is where the deployment expects it', async () => {
  const { weir, name, target, spec } = await twoVersions('elsewhere')
  const { client, env, account } = weir
  const claim = { owner: 'd-1', seq: 1, ...DRIVER }
  const of = (more: Partial<AliasSpec>) => aliasTarget(env, account, { ...spec, ...more })
  expect(await of({ alias: 'dead' }).claim(claim)).toMatchObject({ reason: 'gone' })
  expect(await of({ function: 'nobody' }).claim(claim)).toMatchObject({ reason: 'gone' })
  expect(await of({ target: '7' }).claim(claim)).toMatchObject({ reason: 'gone' })
  expect(await of({ current: '2' }).claim(claim)).toMatchObject({ reason: 'moved' })
  expect(await of({ target: '1' }).claim(claim)).toMatchObject({ reason: 'moved' })
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.5 } }
  await client.updateAlias({ FunctionName: name, Name: 'live', RoutingConfig })
  expect(await target.claim(claim)).toMatchObject({ reason: 'moved' })
  await client.updateAlias({
    FunctionName: name,
    Name: 'live',
    FunctionVersion: '$LATEST',
    RoutingConfig: {},
  })
  expect(await target.claim(claim)).toMatchObject({ reason: 'moved' })
  expect(await target.read()).toEqual({ current: '$LATEST' })
})
