import { createHash } from 'node:crypto'
import { Lambda } from '@aws-sdk/client-lambda'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { zip } from './acceptance/functions.ts'
import { borrowWeir, type Weir } from './server.ts'
import { soon } from './soon.ts'

const FunctionName = 'every'
const Role = 'arn:aws:iam::000000000000:role/every'
const ARN = `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

const answering = (answer: string) =>
  zip({
    'index.js': `exports.handler = async event => {
      if (event.wait) await new Promise(resolve => setTimeout(resolve, event.wait))
      return { answer: '${answer}', stage: process.env.STAGE, event }
    }`,
  })

/** A function that says what became of another one's events: it is asked for what it was told. */
const LISTENER = `const told = []
exports.handler = async event => event.ask ? told : void told.push(event.requestContext.condition)`

const STREAMER = `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one ')
  stream.end('two')
})`

const USING_LAYER = `exports.handler = async () => require('shared')`

/**
 * One after the other, each on what those before it left behind, and each by what it changes, not by what it answers.
 */
describe('every operation', () => {
  let weir: Weir
  let lambda: Lambda
  let url: string
  let layer: string

  beforeAll(async () => {
    weir = await borrowWeir()
    lambda = new Lambda(weir.sdk)
  })
  afterAll(() => weir[Symbol.asyncDispose]())

  async function call(Qualifier?: string, event: object = {}, name = FunctionName) {
    const { Payload, FunctionError, ExecutedVersion } = await lambda.invoke({
      FunctionName: name,
      Qualifier,
      Payload: JSON.stringify(event),
    })
    expect(FunctionError).toBeUndefined()
    return { ...JSON.parse(Payload!.transformToString()), version: ExecutedVersion }
  }
  const createNode = (name: string, ZipFile: Uint8Array, more: object = {}) =>
    lambda.createFunction({
      FunctionName: name,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role,
      Code: { ZipFile },
      ...more,
    })
  const nameOf = (call: Promise<unknown>) =>
    call.then(
      () => 'no error',
      error => (error as Error).name,
    )

  const steps: Record<string, () => Promise<void>> = {
    async CreateFunction() {
      await createNode(FunctionName, answering('first'))
    },
    async Invoke() {
      expect(await call(undefined, { a: 1 })).toEqual({
        answer: 'first',
        event: { a: 1 },
        version: '$LATEST',
      })
    },
    async GetFunction() {
      const { Code, Configuration } = await lambda.getFunction({ FunctionName })
      const archive = new Uint8Array(await (await fetch(Code!.Location!)).arrayBuffer())
      expect(createHash('sha256').update(archive).digest('base64')).toBe(Configuration!.CodeSha256)
      expect(Object.keys(unzipSync(archive))).toEqual(['index.js'])
    },
    async PublishVersion() {
      const { Version } = await lambda.publishVersion({ FunctionName, Description: 'one' })
      expect(Version).toBe('1')
      expect(await call('1')).toMatchObject({ answer: 'first', version: '1' })
    },
    async UpdateFunctionCode() {
      await lambda.updateFunctionCode({ FunctionName, ZipFile: answering('second') })
      expect((await call()).answer).toBe('second')
      expect((await call('1')).answer).toBe('first')
    },
    async UpdateFunctionConfiguration() {
      await lambda.updateFunctionConfiguration({
        FunctionName,
        Environment: { Variables: { STAGE: 'test' } },
      })
      expect(await call()).toMatchObject({ answer: 'second', stage: 'test' })
    },
    async GetFunctionConfiguration() {
      const { Environment, Version } = await lambda.getFunctionConfiguration({ FunctionName })
      expect(Environment?.Variables).toEqual({ STAGE: 'test' })
      expect(Version).toBe('$LATEST')
    },
    async ListFunctions() {
      const { Functions } = await lambda.listFunctions({})
      expect(Functions!.map(each => each.FunctionArn)).toEqual([ARN])
    },
    async ListVersionsByFunction() {
      await lambda.publishVersion({ FunctionName })
      const { Versions } = await lambda.listVersionsByFunction({ FunctionName })
      expect(Versions!.map(each => each.Version)).toEqual(['$LATEST', '1', '2'])
    },
    async CreateAlias() {
      await lambda.createAlias({ FunctionName, Name: 'live', FunctionVersion: '1' })
      expect((await call('live')).answer).toBe('first')
    },
    async UpdateAlias() {
      await lambda.updateAlias({ FunctionName, Name: 'live', FunctionVersion: '2' })
      expect((await call('live')).answer).toBe('second')
    },
    async GetAlias() {
      expect((await lambda.getAlias({ FunctionName, Name: 'live' })).FunctionVersion).toBe('2')
    },
    async ListAliases() {
      const { Aliases } = await lambda.listAliases({ FunctionName, FunctionVersion: '2' })
      expect(Aliases!.map(each => each.AliasArn)).toEqual([`${ARN}:live`])
    },
    async AddPermission() {
      await lambda.addPermission({
        FunctionName,
        StatementId: 'url',
        Action: 'lambda:InvokeFunctionUrl',
        Principal: '*',
        FunctionUrlAuthType: 'NONE',
      })
      await lambda.addPermission({
        FunctionName,
        StatementId: 'function',
        Action: 'lambda:InvokeFunction',
        Principal: '*',
        InvokedViaFunctionUrl: true,
      })
    },
    async GetPolicy() {
      const { Policy } = await lambda.getPolicy({ FunctionName })
      expect(JSON.parse(Policy!).Statement.map((each: { Sid: string }) => each.Sid)).toEqual([
        'url',
        'function',
      ])
    },
    async CreateFunctionUrlConfig() {
      const { FunctionUrl } = await lambda.createFunctionUrlConfig({ FunctionName, AuthType: 'NONE' })
      // By path: not every resolver knows names below localhost.
      url = `${weir.url}/_aws/lambda-url/${new URL(FunctionUrl!).hostname.split('.')[0]}/`
      await soon(async () => {
        expect(await (await fetch(url)).json()).toMatchObject({ answer: 'second' })
      })
    },
    async GetFunctionUrlConfig() {
      const { FunctionUrl } = await lambda.getFunctionUrlConfig({ FunctionName })
      expect(url).toContain(new URL(FunctionUrl!).hostname.split('.')[0])
    },
    async RemovePermission() {
      await lambda.removePermission({ FunctionName, StatementId: 'url' })
      await soon(async () => expect((await fetch(url)).status).toBe(403))
    },
    async DeleteFunctionUrlConfig() {
      await lambda.deleteFunctionUrlConfig({ FunctionName })
      expect(await nameOf(lambda.getFunctionUrlConfig({ FunctionName }))).toBe('ResourceNotFoundException')
      await soon(async () => {
        const response = await fetch(url)
        expect(response.ok).toBe(false)
        expect(await response.text()).not.toContain('second')
      })
    },
    async InvokeWithResponseStream() {
      await createNode('streamer', zip({ 'index.js': STREAMER }))
      const { EventStream } = await lambda.invokeWithResponseStream({ FunctionName: 'streamer' })
      let text = ''
      for await (const { PayloadChunk } of EventStream!) {
        text += new TextDecoder().decode(PayloadChunk?.Payload)
      }
      expect(text).toBe('one two')
    },
    async PublishLayerVersion() {
      const content = zip({ 'nodejs/node_modules/shared/index.js': 'module.exports = { from: "layer" }' })
      const published = await lambda.publishLayerVersion({
        LayerName: 'shared',
        Content: { ZipFile: content },
      })
      layer = published.LayerVersionArn!
      await createNode('layered', zip({ 'index.js': USING_LAYER }), { Layers: [layer] })
      expect(await call(undefined, {}, 'layered')).toMatchObject({ from: 'layer' })
    },
    async GetLayerVersion() {
      const found = await lambda.getLayerVersion({ LayerName: 'shared', VersionNumber: 1 })
      expect(found.LayerVersionArn).toBe(layer)
      const archive = new Uint8Array(await (await fetch(found.Content!.Location!)).arrayBuffer())
      expect(createHash('sha256').update(archive).digest('base64')).toBe(found.Content!.CodeSha256)
    },
    async ListLayerVersions() {
      const { LayerVersions } = await lambda.listLayerVersions({ LayerName: 'shared' })
      expect(LayerVersions!.map(each => each.LayerVersionArn)).toEqual([layer])
    },
    async DeleteLayerVersion() {
      await lambda.deleteLayerVersion({ LayerName: 'shared', VersionNumber: 1 })
      expect((await lambda.listLayerVersions({ LayerName: 'shared' })).LayerVersions).toEqual([])
      expect(await call(undefined, {}, 'layered')).toMatchObject({ from: 'layer' })
    },
    async PutFunctionEventInvokeConfig() {
      await createNode('listener', zip({ 'index.js': LISTENER }))
      await lambda.putFunctionEventInvokeConfig({
        FunctionName,
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnSuccess: { Destination: ARN.replace(FunctionName, 'listener') } },
      })
      const sent = await lambda.invoke({ FunctionName, InvocationType: 'Event', Payload: '{}' })
      expect(sent.StatusCode).toBe(202)
      await soon(async () => {
        const { Payload } = await lambda.invoke({ FunctionName: 'listener', Payload: '{"ask":true}' })
        expect(Payload!.transformToString()).toBe('["Success"]')
      })
    },
    async GetFunctionEventInvokeConfig() {
      const config = await lambda.getFunctionEventInvokeConfig({ FunctionName })
      expect(config).toMatchObject({ FunctionArn: `${ARN}:$LATEST`, MaximumRetryAttempts: 0 })
    },
    async DeleteFunctionEventInvokeConfig() {
      await lambda.deleteFunctionEventInvokeConfig({ FunctionName })
      expect(await nameOf(lambda.getFunctionEventInvokeConfig({ FunctionName }))).toBe(
        'ResourceNotFoundException',
      )
    },
    // There is no source of events yet: what could be mapped is refused, and nothing is there.
    async CreateEventSourceMapping() {
      const EventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:jobs'
      await expect(lambda.createEventSourceMapping({ FunctionName, EventSourceArn })).rejects.toMatchObject({
        name: 'InvalidParameterValueException',
        message: 'Weir does not support SQS queues as event sources yet.',
      })
    },
    async ListEventSourceMappings() {
      expect((await lambda.listEventSourceMappings({})).EventSourceMappings).toEqual([])
    },
    async GetEventSourceMapping() {
      expect(await nameOf(lambda.getEventSourceMapping({ UUID: UNKNOWN }))).toBe('ResourceNotFoundException')
    },
    async UpdateEventSourceMapping() {
      expect(await nameOf(lambda.updateEventSourceMapping({ UUID: UNKNOWN, BatchSize: 1 }))).toBe(
        'ResourceNotFoundException',
      )
    },
    async DeleteEventSourceMapping() {
      expect(await nameOf(lambda.deleteEventSourceMapping({ UUID: UNKNOWN }))).toBe(
        'ResourceNotFoundException',
      )
    },
    async TagResource() {
      await lambda.tagResource({ Resource: ARN, Tags: { team: 'blue', stage: 'test' } })
    },
    async UntagResource() {
      await lambda.untagResource({ Resource: ARN, TagKeys: ['stage'] })
    },
    async ListTags() {
      expect((await lambda.listTags({ Resource: ARN })).Tags).toEqual({ team: 'blue' })
    },
    async GetAccountSettings() {
      const { AccountUsage } = await lambda.getAccountSettings({})
      expect(AccountUsage?.FunctionCount).toBe(4)
      expect(AccountUsage?.TotalCodeSize).toBeGreaterThan(0)
    },
    async GetFunctionCodeSigningConfig() {
      const { CodeSigningConfigArn } = await lambda.getFunctionCodeSigningConfig({ FunctionName })
      expect(CodeSigningConfigArn).toBeUndefined()
    },
    async GetFunctionRecursionConfig() {
      await lambda.putFunctionRecursionConfig({ FunctionName, RecursiveLoop: 'Allow' })
      expect((await lambda.getFunctionRecursionConfig({ FunctionName })).RecursiveLoop).toBe('Allow')
    },
    async GetRuntimeManagementConfig() {
      await lambda.putRuntimeManagementConfig({ FunctionName, UpdateRuntimeOn: 'FunctionUpdate' })
      const config = await lambda.getRuntimeManagementConfig({ FunctionName })
      expect(config.UpdateRuntimeOn).toBe('FunctionUpdate')
    },
    async PutFunctionConcurrency() {
      await lambda.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 0 })
      expect(await nameOf(call())).toBe('TooManyRequestsException')
    },
    async GetFunctionConcurrency() {
      const { ReservedConcurrentExecutions } = await lambda.getFunctionConcurrency({ FunctionName })
      expect(ReservedConcurrentExecutions).toBe(0)
    },
    async DeleteFunctionConcurrency() {
      await lambda.deleteFunctionConcurrency({ FunctionName })
      expect((await call()).answer).toBe('second')
    },
    async PutProvisionedConcurrencyConfig() {
      await lambda.putProvisionedConcurrencyConfig({
        FunctionName,
        Qualifier: 'live',
        ProvisionedConcurrentExecutions: 2,
      })
    },
    async GetProvisionedConcurrencyConfig() {
      await soon(async () => {
        const target = { FunctionName, Qualifier: 'live' }
        expect(await lambda.getProvisionedConcurrencyConfig(target)).toMatchObject({
          Status: 'READY',
          AvailableProvisionedConcurrentExecutions: 2,
        })
      })
    },
    async DeleteProvisionedConcurrencyConfig() {
      const target = { FunctionName, Qualifier: 'live' }
      await lambda.deleteProvisionedConcurrencyConfig(target)
      expect(await nameOf(lambda.getProvisionedConcurrencyConfig(target))).toBe(
        'ProvisionedConcurrencyConfigNotFoundException',
      )
    },
    async DeleteAlias() {
      await lambda.deleteAlias({ FunctionName, Name: 'live' })
      expect(await nameOf(call('live'))).toBe('ResourceNotFoundException')
    },
    async DeleteFunction() {
      await lambda.deleteFunction({ FunctionName })
      expect(await nameOf(call())).toBe('ResourceNotFoundException')
      expect((await lambda.listFunctions({})).Functions!.map(each => each.FunctionName)).toEqual([
        'layered',
        'listener',
        'streamer',
      ])
    },
  }

  test.each(Object.keys(steps))('%s', operation => steps[operation]!())
})
