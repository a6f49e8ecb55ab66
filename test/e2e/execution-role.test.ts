import { IAM } from '@aws-sdk/client-iam'
import { Lambda } from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { borrowWeir, type Weir } from './server.ts'

let weir: Weir
let lambda: Lambda
let iam: IAM

beforeAll(async () => {
  weir = await borrowWeir()
  lambda = new Lambda(weir.sdk)
  iam = new IAM(weir.sdk)
})

afterAll(() => weir?.[Symbol.asyncDispose]())

/** Clients that are configured with nothing, as handlers on Lambda make them. */
const CALLER = `
  const { InvokeCommand, LambdaClient } = require('@aws-sdk/client-lambda')
  const { GetCallerIdentityCommand, STSClient } = require('@aws-sdk/client-sts')
  const { DynamoDBClient, ListTablesCommand } = require('@aws-sdk/client-dynamodb')
  const attempt = call => call.catch(({ name, message }) => ({ refused: name, message }))
  exports.handler = async ({ endpoint }) => {
    const lambda = new LambdaClient(endpoint ? { endpoint } : {})
    const invoke = () => lambda.send(new InvokeCommand({ FunctionName: 'callee', Payload: '{"n":20}' }))
      .then(({ Payload }) => JSON.parse(Payload.transformToString()))
    return {
      who: await attempt(new STSClient({}).send(new GetCallerIdentityCommand({})).then(({ Arn }) => Arn)),
      answer: await attempt(invoke()),
      missing: await attempt(new DynamoDBClient({ maxAttempts: 1 }).send(new ListTablesCommand({}))),
    }
  }`

const ASSUMES = `
  const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda')
  const { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } = require('@aws-sdk/client-sts')
  exports.handler = async ({ role: RoleArn }) => {
    const assume = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'from-function' })
    const { Credentials: given } = await new STSClient({}).send(assume)
    const credentials = {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
    }
    const { Arn } = await new STSClient({ credentials }).send(new GetCallerIdentityCommand({}))
    const invoke = new InvokeCommand({ FunctionName: 'callee', Payload: '{"n":20}' })
    return new LambdaClient({ credentials }).send(invoke)
      .then(() => ({ who: Arn }), ({ name }) => ({ who: Arn, refused: name }))
  }`

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

async function create(name: string, code: string, role: string): Promise<void> {
  await lambda.createFunction({
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: role,
    Timeout: 20,
    Code: { ZipFile: zipSync({ 'index.js': strToU8(code) }) },
  })
}

async function call(event: object = {}) {
  const { Payload, FunctionError } = await lambda.invoke({
    FunctionName: 'caller',
    Payload: JSON.stringify(event),
  })
  const text = Payload!.transformToString()
  if (FunctionError) throw new Error(text)
  return JSON.parse(text)
}

describe('AWS clients inside a function', () => {
  test('act as its execution role, without being configured', async () => {
    const { Role } = await iam.createRole({ RoleName: 'caller', AssumeRolePolicyDocument: TRUST })
    await create('callee', 'exports.handler = async ({ n }) => n + 1', Role!.Arn!)
    await create('caller', CALLER, Role!.Arn!)
    const who = 'arn:aws:sts::000000000000:assumed-role/caller/caller'
    const refused = await call()
    expect(refused.who).toBe(who)
    expect(refused.answer).toEqual({
      refused: 'AccessDeniedException',
      message: `User: ${who} is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:${weir.sdk.region}:000000000000:function:callee because no identity-based policy allows the lambda:InvokeFunction action`,
    })
    expect(refused.missing).toMatchObject({ message: "Weir does not speak the service 'dynamodb'" })

    await iam.attachRolePolicy({
      RoleName: 'caller',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole',
    })
    expect((await call()).answer).toBe(21)
    // As somebody writes it who means this very Weir.
    expect((await call({ endpoint: weir.url })).answer).toBe(21)
  })

  test('act as a role that the function assumed, with the credentials that it was given', async () => {
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::000000000000:role/caller' },
          Action: 'sts:AssumeRole',
        },
      ],
    })
    const { Role } = await iam.createRole({ RoleName: 'assumed', AssumeRolePolicyDocument })
    await create('assumes', ASSUMES, 'arn:aws:iam::000000000000:role/caller')
    const { Payload } = await lambda.invoke({
      FunctionName: 'assumes',
      Payload: JSON.stringify({ role: Role!.Arn }),
    })
    expect(JSON.parse(Payload!.transformToString())).toEqual({
      who: 'arn:aws:sts::000000000000:assumed-role/assumed/from-function',
      refused: 'AccessDeniedException',
    })
  })
})
