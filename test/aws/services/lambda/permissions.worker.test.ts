import {
  InvalidParameterValueException,
  PolicyLengthExceededException,
  PreconditionFailedException,
  ResourceConflictException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type Harness, lambdaHarness, settings } from './lambda-harness.ts'

let weir: Harness
const FunctionName = 'guarded'
const SOURCE = 'arn:aws:execute-api:eu-central-1:000000000000:abc123/*/GET/*'

beforeEach(async () => {
  weir = await lambdaHarness()
  await weir.client.createFunction({ ...settings(FunctionName), Publish: true })
  await weir.client.createAlias({ FunctionName, Name: 'prod', FunctionVersion: '1' })
})

const add = (input: object = {}) =>
  weir.client.addPermission({
    FunctionName,
    StatementId: 'gateway',
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    ...input,
  })
const remove = (input: object = {}) =>
  weir.client.removePermission({ FunctionName, StatementId: 'gateway', ...input })
const policy = async (input: object = {}) =>
  JSON.parse((await weir.client.getPolicy({ FunctionName, ...input })).Policy!)
const refused = async (call: Promise<unknown>) => {
  const { name, message } = await failure(call)
  return `${name}: ${message}`
}

describe('AddPermission', () => {
  it('writes the statement as Lambda does, and lets the data plane know', async () => {
    const { $metadata, Statement } = await add({ SourceArn: SOURCE, SourceAccount: '000000000000' })
    expect($metadata.httpStatusCode).toBe(201)
    const statement = {
      Sid: 'gateway',
      Effect: 'Allow',
      Principal: { Service: 'apigateway.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Resource: weir.arn(FunctionName),
      Condition: {
        StringEquals: { 'AWS:SourceAccount': '000000000000' },
        ArnLike: { 'AWS:SourceArn': SOURCE },
      },
    }
    expect(Statement).toBe(JSON.stringify(statement))
    expect((await weir.client.getPolicy({ FunctionName })).Policy).toBe(
      JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: [statement] }),
    )
    expect((await weir.pointer(FunctionName))!.policies).toEqual({ '': [statement] })
  })

  it('knows every kind of principal and condition', async () => {
    const statement = async (StatementId: string, input: object) =>
      JSON.parse((await add({ StatementId, ...input })).Statement!)
    expect((await statement('a', { Principal: '*' })).Principal).toBe('*')
    expect((await statement('b', { Principal: '123456789012' })).Principal).toEqual({
      AWS: 'arn:aws:iam::123456789012:root',
    })
    const user = 'arn:aws:iam::123456789012:user/somebody'
    expect((await statement('c', { Principal: user })).Principal).toEqual({ AWS: user })
    const url = await statement('d', {
      Principal: '*',
      Action: 'lambda:InvokeFunctionUrl',
      FunctionUrlAuthType: 'NONE',
      PrincipalOrgID: 'o-1234567890',
    })
    expect(url.Condition).toEqual({
      StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE', 'aws:PrincipalOrgID': 'o-1234567890' },
    })
    const token = await statement('e', { EventSourceToken: 'amzn1.ask.skill.x' })
    expect(token.Condition).toEqual({ StringEquals: { 'lambda:EventSourceToken': 'amzn1.ask.skill.x' } })
    expect((await policy()).Statement.map((each: { Sid: string }) => each.Sid)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ])
  })

  it('keeps a policy for each qualifier', async () => {
    await add()
    await add({ Qualifier: 'prod' })
    await add({ FunctionName: `${FunctionName}:1`, StatementId: 'version' })
    expect((await policy({ Qualifier: 'prod' })).Statement).toMatchObject([
      { Sid: 'gateway', Resource: weir.arn(FunctionName, 'prod') },
    ])
    const { policies } = (await weir.pointer(FunctionName))!
    expect(Object.keys(policies).sort()).toEqual(['', '1', 'prod'])
    await remove({ Qualifier: 'prod' })
    expect(Object.keys((await weir.pointer(FunctionName))!.policies).sort()).toEqual(['', '1'])
    expect((await policy()).Statement).toHaveLength(1)
  })

  it('refuses what Lambda refuses', async () => {
    await add()
    expect(await failure(add())).toBeInstanceOf(ResourceConflictException)
    expect(await refused(add())).toBe(
      'ResourceConflictException: The statement id (gateway) provided already exists. Please provide a new statement id, or remove the existing statement.',
    )
    expect(await refused(add({ StatementId: 'x', Principal: 'invalid.nonaws.com' }))).toBe(
      'InvalidParameterValueException: The provided principal was invalid. Please check the principal and try again.',
    )
    expect(await refused(add({ StatementId: 'x', Qualifier: '$LATEST' }))).toBe(
      'InvalidParameterValueException: We currently do not support adding policies for $LATEST.',
    )
    expect(await refused(add({ StatementId: 'x', Qualifier: 'missing' }))).toBe(
      `ResourceNotFoundException: Cannot find alias arn: ${weir.arn(FunctionName, 'missing')}`,
    )
    expect(await refused(add({ StatementId: 'x', Qualifier: '42' }))).toBe(
      `ResourceNotFoundException: Function not found: ${weir.arn(FunctionName, '42')}`,
    )
    expect(await refused(add({ StatementId: 'x', Qualifier: 'with-$-inside' }))).toBe(
      `ResourceNotFoundException: Function not found: ${weir.arn(FunctionName, 'with-$-inside')}`,
    )
    expect(await refused(add({ FunctionName: 'nobody' }))).toBe(
      `ResourceNotFoundException: Function not found: ${weir.arn('nobody')}`,
    )
    expect(await refused(add({ StatementId: 'example.com' }))).toMatch(
      /^ValidationException: .*'statementId'/,
    )
    expect(await failure(add({ StatementId: 'x', FunctionUrlAuthType: 'NONE' }))).toBeInstanceOf(
      InvalidParameterValueException,
    )
  })

  it('refuses a policy of more than 20 KB, and keeps the one there is', async () => {
    const SourceArn = `arn:aws:s3:::${'b'.repeat(4000)}`
    for (let i = 0; i < 4; i++) await add({ StatementId: `s${i}`, SourceArn })
    const error = await failure(add({ StatementId: 's4', SourceArn }))
    expect(error).toBeInstanceOf(PolicyLengthExceededException)
    expect(error.message).toMatch(/^The final policy size \(2\d{4}\) is bigger than the limit \(20480\)\.$/)
    expect((await policy()).Statement).toHaveLength(4)
  })

  it('loses none of several simultaneous statements', async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `statement-${i}`)
    await Promise.all(ids.map(StatementId => add({ StatementId })))
    expect((await policy()).Statement.map((each: { Sid: string }) => each.Sid).sort()).toEqual(ids)
    expect((await weir.pointer(FunctionName))!.policies['']).toHaveLength(8)
  })
})

describe('revisions', () => {
  it('are shared by a policy and what it hangs on', async () => {
    const before = await weir.client.getFunctionConfiguration({ FunctionName })
    await add({ RevisionId: before.RevisionId })
    const { RevisionId } = await weir.client.getPolicy({ FunctionName })
    expect(RevisionId).not.toBe(before.RevisionId)
    expect((await weir.client.getFunctionConfiguration({ FunctionName })).RevisionId).toBe(RevisionId)
    const error = await failure(add({ StatementId: 'late', RevisionId: before.RevisionId }))
    expect(error).toBeInstanceOf(PreconditionFailedException)
    expect(error.message).toBe(
      'The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id',
    )
    expect(await failure(remove({ RevisionId: before.RevisionId }))).toBeInstanceOf(
      PreconditionFailedException,
    )
    await remove({ RevisionId })

    const alias = await weir.client.getAlias({ FunctionName, Name: 'prod' })
    await add({ Qualifier: 'prod', RevisionId: alias.RevisionId })
    expect((await weir.client.getAlias({ FunctionName, Name: 'prod' })).RevisionId).not.toBe(alias.RevisionId)
  })
})

describe('RemovePermission and GetPolicy', () => {
  it('say what is missing', async () => {
    expect(await failure(weir.client.getPolicy({ FunctionName }))).toBeInstanceOf(ResourceNotFoundException)
    expect(await refused(weir.client.getPolicy({ FunctionName }))).toBe(
      'ResourceNotFoundException: The resource you requested does not exist.',
    )
    expect(await refused(weir.client.getPolicy({ FunctionName: 'nobody' }))).toBe(
      'ResourceNotFoundException: The resource you requested does not exist.',
    )
    expect(await refused(remove())).toBe(
      'ResourceNotFoundException: No policy is associated with the given resource.',
    )
    expect(await refused(remove({ FunctionName: 'nobody' }))).toBe(
      `ResourceNotFoundException: No policy found for: ${weir.arn('nobody')}`,
    )
    expect(await refused(remove({ Qualifier: 'missing' }))).toBe(
      `ResourceNotFoundException: Cannot find alias arn: ${weir.arn(FunctionName, 'missing')}`,
    )
    await add()
    expect(await refused(remove({ StatementId: 'other' }))).toBe(
      'ResourceNotFoundException: Statement other is not found in resource policy.',
    )
    await remove()
    expect(await failure(weir.client.getPolicy({ FunctionName }))).toBeInstanceOf(ResourceNotFoundException)
    expect((await weir.pointer(FunctionName))!.policies).toEqual({})
  })
})

describe('tags', () => {
  const list = async () => (await weir.client.listTags({ Resource: weir.arn(FunctionName) })).Tags

  it('are added, replaced and taken away', async () => {
    const Resource = weir.arn(FunctionName)
    expect(await list()).toEqual({})
    const { $metadata } = await weir.client.tagResource({ Resource, Tags: { a: '1', b: '2' } })
    expect($metadata.httpStatusCode).toBe(204)
    await weir.client.tagResource({ Resource, Tags: { b: '3', c: '' } })
    expect(await list()).toEqual({ a: '1', b: '3', c: '' })
    expect((await weir.client.getFunction({ FunctionName })).Tags).toEqual({ a: '1', b: '3', c: '' })
    await weir.client.untagResource({ Resource, TagKeys: ['a', 'c', 'unknown'] })
    expect(await list()).toEqual({ b: '3' })
    await weir.client.untagResource({ Resource, TagKeys: ['b'] })
    expect(await list()).toEqual({})
    expect((await weir.client.getFunction({ FunctionName })).Tags).toBeUndefined()
  })

  it('are limited to fifty', async () => {
    const Resource = weir.arn(FunctionName)
    const tags = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'x']))
    expect(await failure(weir.client.tagResource({ Resource, Tags: tags(51) }))).toBeInstanceOf(
      InvalidParameterValueException,
    )
    await weir.client.tagResource({ Resource, Tags: tags(50) })
    await weir.client.tagResource({ Resource, Tags: { key0: 'replaced' } })
    expect(await refused(weir.client.tagResource({ Resource, Tags: { more: '' } }))).toBe(
      'InvalidParameterValueException: Number of tags exceeds resource tag limit.',
    )
  })

  it('belong to functions only', async () => {
    const tag = (Resource: string, Tags: Record<string, string> = { a: 'b' }) =>
      refused(weir.client.tagResource({ Resource, Tags }))
    const qualified =
      'InvalidParameterValueException: Tags on function aliases and versions are not supported. Please specify a function ARN.'
    for (const qualifier of ['prod', '1', '$LATEST']) {
      expect(await tag(weir.arn(FunctionName, qualifier))).toBe(qualified)
    }
    expect(await tag(weir.arn('nobody'))).toBe(
      `ResourceNotFoundException: Function not found: ${weir.arn('nobody')}`,
    )
    expect(await tag(weir.arn(FunctionName), {})).toBe(
      'InvalidParameterValueException: An error occurred and the request cannot be processed.',
    )
    expect(await tag('arn:aws:something')).toMatch(/^ValidationException: .*'resource'/)
    expect(await tag(weir.arn(FunctionName), { 'aws:mine': '' })).toMatch(/^InvalidParameterValueException: /)
  })
})
