import {
  type FunctionUrlConfig,
  InvalidParameterValueException,
  ResourceConflictException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type Harness, lambdaHarness, ORIGIN, settings } from './lambda-harness.ts'

let weir: Harness
const FunctionName = 'reached'
const NOT_THERE = 'The resource you requested does not exist.'

beforeEach(async () => {
  weir = await lambdaHarness()
  await weir.client.createFunction({ ...settings(FunctionName), Publish: true })
  await weir.client.createAlias({ FunctionName, Name: 'prod', FunctionVersion: '1' })
})

const create = (more: object = {}) =>
  weir.client.createFunctionUrlConfig({ FunctionName, AuthType: 'NONE', ...more })

const get = (Qualifier?: string) => weir.client.getFunctionUrlConfig({ FunctionName, Qualifier })

const idOf = ({ FunctionUrl }: Pick<FunctionUrlConfig, 'FunctionUrl'>) =>
  /[a-z0-9]{32}/.exec(FunctionUrl!)![0]

describe('a function URL', () => {
  it('is created for a function, with an address of its own', async () => {
    const created = await create()
    expect(weir.responses.at(-1)!.status).toBe(201)
    expect(created).toMatchObject({ AuthType: 'NONE', FunctionArn: weir.arn(FunctionName) })
    expect(created.FunctionUrl).toMatch(new RegExp(`^${ORIGIN}/_aws/lambda-url/[a-z0-9]{32}/$`))
    expect(created.CreationTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(created).not.toHaveProperty('InvokeMode')
    expect(created.Cors).toBeUndefined()
    const { $metadata, ...found } = await get()
    expect(found).toEqual({
      FunctionUrl: created.FunctionUrl,
      FunctionArn: created.FunctionArn,
      AuthType: 'NONE',
      CreationTime: created.CreationTime,
      LastModifiedTime: created.CreationTime,
      InvokeMode: 'BUFFERED',
    })
    expect(await weir.urlPointer(idOf(created))).toEqual({
      schema: 1,
      account: weir.account,
      name: FunctionName,
      authType: 'NONE',
      invokeMode: 'BUFFERED',
    })
  })

  it('leads to an alias when that is named', async () => {
    const created = await create({ Qualifier: 'prod', InvokeMode: 'RESPONSE_STREAM', AuthType: 'AWS_IAM' })
    expect(created).toMatchObject({
      FunctionArn: weir.arn(FunctionName, 'prod'),
      InvokeMode: 'RESPONSE_STREAM',
    })
    expect(await weir.urlPointer(idOf(created))).toMatchObject({
      qualifier: 'prod',
      authType: 'AWS_IAM',
      invokeMode: 'RESPONSE_STREAM',
    })
    expect((await get('prod')).FunctionUrl).toBe(created.FunctionUrl)
    const ofFunction = await create()
    expect(ofFunction.FunctionUrl).not.toBe(created.FunctionUrl)
    await weir.client.deleteFunctionUrlConfig({ FunctionName })
    expect((await get('prod')).FunctionUrl).toBe(created.FunctionUrl)
  })

  it('is one of a function or alias', async () => {
    await create()
    const error = await failure(create())
    expect(error).toBeInstanceOf(ResourceConflictException)
    expect(error.message).toBe(
      `Failed to create function url config for [functionArn = ${weir.arn(FunctionName)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    )
  })

  it('is refused for what is no function and no alias', async () => {
    for (const input of [{ FunctionName: 'nobody' }, { Qualifier: 'nobody' }]) {
      const error = await failure(create(input))
      expect(error).toBeInstanceOf(ResourceNotFoundException)
      expect(error.message).toBe('Function does not exist')
    }
    for (const Qualifier of ['1', '$LATEST']) {
      const error = await failure(create({ Qualifier }))
      expect(error.name).toBe('ValidationException')
      expect(error.message).toBe(
        `1 validation error detected: Value '${Qualifier}' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)`,
      )
    }
    const mismatch = await failure(
      create({ FunctionName: weir.arn(FunctionName, 'prod'), Qualifier: 'other' }),
    )
    expect(mismatch).toBeInstanceOf(InvalidParameterValueException)
    expect(mismatch.message).toBe(
      'The derived qualifier from the function name does not match the specified qualifier.',
    )
  })

  it('is held to the limits of its settings', async () => {
    const refused = async (more: object) => (await failure(create(more))).message
    expect(await refused({ InvokeMode: 'UNKNOWN' })).toContain(
      "Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint",
    )
    expect(await refused({ AuthType: 'SOME' })).toContain("Value 'SOME' at 'authType'")
    expect(await refused({ Cors: { MaxAge: 86_401 } })).toContain('less than or equal to 86400')
    expect(await refused({ Cors: { AllowMethods: ['OPTIONS'] } })).toContain("at 'cors.allowMethods'")
    expect(await refused({ Cors: { AllowOrigins: ['x'.repeat(254)] } })).toContain("at 'cors.allowOrigins'")
    expect(await refused({ Cors: { AllowHeaders: Array(101).fill('x') } })).toContain(
      "at 'cors.allowHeaders'",
    )
  })

  it('keeps every setting for pages of other origins, and changes what is given', async () => {
    const Cors = {
      AllowCredentials: true,
      AllowHeaders: ['X-Custom'],
      AllowMethods: ['GET', 'POST'],
      AllowOrigins: ['https://a.example'],
      ExposeHeaders: ['Date'],
      MaxAge: 300,
    }
    const created = await create({ Cors })
    expect(created.Cors).toEqual(Cors)
    const update = (input: object) => weir.client.updateFunctionUrlConfig({ FunctionName, ...input })
    const updated = await update({ AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM' })
    expect(updated).toMatchObject({
      FunctionUrl: created.FunctionUrl,
      AuthType: 'AWS_IAM',
      InvokeMode: 'RESPONSE_STREAM',
      Cors,
      CreationTime: created.CreationTime,
    })
    expect(await weir.urlPointer(idOf(created))).toMatchObject({
      authType: 'AWS_IAM',
      invokeMode: 'RESPONSE_STREAM',
      cors: { allowOrigins: ['https://a.example'], allowCredentials: true, maxAge: 300 },
    })
    expect((await update({ Cors: { AllowOrigins: ['*'] } })).Cors).toEqual({ AllowOrigins: ['*'] })
    expect((await update({})).Cors).toEqual({ AllowOrigins: ['*'] })
    expect((await update({ Cors: {} })).Cors).toBeUndefined()
    expect((await get()).Cors).toBeUndefined()
    expect((await weir.urlPointer(idOf(created)))?.cors).toBeUndefined()
  })

  it('is gone once deleted, and its address is not given again', async () => {
    const first = await create()
    await weir.client.deleteFunctionUrlConfig({ FunctionName })
    expect(weir.responses.at(-1)!.status).toBe(204)
    expect(await weir.urlPointer(idOf(first))).toBeUndefined()
    const { client } = weir
    const errors = await Promise.all([
      failure(get()),
      failure(client.updateFunctionUrlConfig({ FunctionName })),
      failure(client.deleteFunctionUrlConfig({ FunctionName })),
      failure(client.getFunctionUrlConfig({ FunctionName: 'nobody' })),
    ])
    for (const error of errors) {
      expect(error).toBeInstanceOf(ResourceNotFoundException)
      expect(error.message).toBe(NOT_THERE)
    }
    expect((await create()).FunctionUrl).not.toBe(first.FunctionUrl)
  })

  it('goes with its alias', async () => {
    const ofAlias = await create({ Qualifier: 'prod' })
    const ofFunction = await create()
    await weir.client.deleteAlias({ FunctionName, Name: 'prod' })
    expect((await failure(get('prod'))).message).toBe(NOT_THERE)
    expect(await weir.urlPointer(idOf(ofAlias))).toBeUndefined()
    expect((await get()).FunctionUrl).toBe(ofFunction.FunctionUrl)
  })

  it('goes with its function, and does not come back with one of the same name', async () => {
    const urls = [await create({ Qualifier: 'prod' }), await create()]
    await weir.client.deleteFunction({ FunctionName })
    for (const url of urls) expect(await weir.urlPointer(idOf(url))).toBeUndefined()
    await weir.client.createFunction(settings(FunctionName))
    expect((await failure(get())).message).toBe(NOT_THERE)
    for (const url of urls) expect(await weir.urlPointer(idOf(url))).toBeUndefined()
  })

  it('is never left behind when it is created while its function is deleted', async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      const name = `torn-${attempt}`
      await weir.client.createFunction(settings(name))
      const [created] = await Promise.allSettled([
        weir.client.createFunctionUrlConfig({ FunctionName: name, AuthType: 'NONE' }),
        weir.client.deleteFunction({ FunctionName: name }),
      ])
      if (created.status === 'fulfilled') {
        expect(await weir.urlPointer(idOf(created.value))).toBeUndefined()
      } else expect(created.reason).toMatchObject({ name: 'ResourceNotFoundException' })
    }
  })

  it('is listed with the others of its function, by pages', async () => {
    expect((await weir.client.listFunctionUrlConfigs({ FunctionName })).FunctionUrlConfigs).toEqual([])
    await weir.client.createAlias({ FunctionName, Name: 'beta', FunctionVersion: '1' })
    await create({ Qualifier: 'prod' })
    await create({ Qualifier: 'beta' })
    await create()
    const listed: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const page = await weir.client.listFunctionUrlConfigs({ FunctionName, MaxItems: 2, Marker })
      expect(page.FunctionUrlConfigs!.length).toBeLessThanOrEqual(2)
      listed.push(...page.FunctionUrlConfigs!.map(({ FunctionArn }) => FunctionArn))
      Marker = page.NextMarker
    } while (Marker)
    expect(listed).toEqual([
      weir.arn(FunctionName),
      weir.arn(FunctionName, 'beta'),
      weir.arn(FunctionName, 'prod'),
    ])
    const error = await failure(weir.client.listFunctionUrlConfigs({ FunctionName: 'nobody' }))
    expect(error.message).toBe('Function does not exist')
  })
})
