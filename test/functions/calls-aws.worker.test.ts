import { exports as workerExports } from 'cloudflare:workers'
import { IAM } from '@aws-sdk/client-iam'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import { describe, expect, test } from 'vitest'
import { provideDomParser } from '../dom-parser.ts'
import { requestHandlerTo } from '../sdk-request-handler.ts'
import { zipOf } from './runtime/load-function.ts'

provideDomParser()

const ORIGIN = 'http://localhost:8787'
const ACCOUNT = '000000000000'

/** The Worker itself, with the bindings that its entrypoints have too. */
const send = (request: Request): Promise<Response> =>
  (workerExports as unknown as { default: Fetcher }).default.fetch(request)

const OPTIONS = {
  region: 'eu-central-1',
  endpoint: ORIGIN,
  maxAttempts: 1,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  requestHandler: requestHandlerTo(ORIGIN, send),
}

const lambda = new Lambda(OPTIONS)
const iam = new IAM(OPTIONS)

/** Sends what an SDK would send with the credentials of the environment; of the signature only the scope is right. */
const CALLER = `
  exports.handler = async ({ url, service, method = 'POST', headers = {}, body }) => {
    const { AWS_ACCESS_KEY_ID: key, AWS_REGION: region, AWS_SESSION_TOKEN: token } = process.env
    const response = await fetch(url.replace('{region}', region), {
      method,
      body,
      headers: {
        ...headers,
        'x-amz-date': '20200101T000000Z',
        'x-amz-security-token': token,
        authorization: 'AWS4-HMAC-SHA256 Credential=' + key + '/20200101/' + region + '/' + service +
          '/aws4_request, SignedHeaders=host;x-amz-date, Signature=' + '0'.repeat(64),
      },
    })
    return { status: response.status, body: await response.text() }
  }`

async function deploy(
  name: string,
  code: string,
  role = `arn:aws:iam::${ACCOUNT}:role/made-up`,
): Promise<void> {
  await lambda.createFunction({
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: role,
    Code: { ZipFile: zipOf({ 'index.js': code }) },
  })
}

interface Answer {
  readonly status: number
  readonly body: string
}

async function callAs(name: string, event: object): Promise<Answer> {
  const { Payload } = await lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event) })
  return JSON.parse(new TextDecoder().decode(Payload))
}

const seconds = (n: number): Promise<void> => new Promise(resolve => setTimeout(resolve, n * 1000))

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const identityAt = (url: string) => ({
  url,
  service: 'sts',
  headers: FORM,
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
})

describe('a function that calls AWS', () => {
  test('is its role, in a session that has its name', async () => {
    await deploy('who-am-i', CALLER)
    for (const url of ['https://sts.{region}.amazonaws.com/', 'https://sts.amazonaws.com/', `${ORIGIN}/`]) {
      const { status, body } = await callAs('who-am-i', identityAt(url))
      expect([url, status, body]).toEqual([url, 200, expect.anything()])
      expect(body).toContain(`<Arn>arn:aws:sts::${ACCOUNT}:assumed-role/made-up/who-am-i</Arn>`)
      expect(body).toMatch(/<UserId>AROA[A-Z2-7]{17}:who-am-i<\/UserId>/)
    }
  })

  test('is told which services are not there, and never reaches the real ones', async () => {
    await deploy('asks-polly', CALLER)
    const { status, body } = await callAs('asks-polly', {
      url: 'https://polly.{region}.amazonaws.com/v1/voices',
      service: 'polly',
      method: 'GET',
    })
    expect([status, JSON.parse(body)]).toEqual([404, { message: "Weir does not speak the service 'polly'" }])
  })
})

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

const CALL_FUNCTIONS = 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole'

async function createRole(name: string, more: object = {}): Promise<string> {
  const { Role } = await iam.createRole({ RoleName: name, AssumeRolePolicyDocument: TRUST, ...more })
  return Role!.Arn!
}

const ARN = `arn:aws:lambda:eu-central-1:${ACCOUNT}:function`

/** What a function is answered that calls another one. */
const invocation = (name: string, qualifier?: string) => ({
  url: `https://lambda.{region}.amazonaws.com/2015-03-31/functions/${name}/invocations${qualifier ? `?Qualifier=${qualifier}` : ''}`,
  service: 'lambda',
  body: '{}',
})

const denied = (caller: string, role: string, action: string, resource: string, reason?: string) => ({
  status: 403,
  body: JSON.stringify({
    message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${caller} is not authorized to perform: ${action} on resource: ${resource} ${reason ?? `because no identity-based policy allows the ${action} action`}`,
  }),
})

const TARGET = "exports.handler = async () => 'called'"

describe('a function whose role was created', () => {
  test('calls another function where a policy of the role allows it, and is refused where none does', async () => {
    await deploy('called', TARGET)
    await deploy('caller', CALLER, await createRole('caller-role', { Path: '/service-role/' }))
    expect(await callAs('caller', invocation('called'))).toEqual(
      denied('caller', 'caller-role', 'lambda:InvokeFunction', `${ARN}:called`),
    )
    await iam.attachRolePolicy({ RoleName: 'caller-role', PolicyArn: CALL_FUNCTIONS })
    expect(await callAs('caller', invocation('called'))).toEqual({ status: 200, body: '"called"' })
    // The same by Weir's own address.
    const { url, ...rest } = invocation('called')
    const own = { ...rest, url: url.replace('https://lambda.{region}.amazonaws.com', ORIGIN) }
    expect(await callAs('caller', own)).toEqual({ status: 200, body: '"called"' })
    await iam.detachRolePolicy({ RoleName: 'caller-role', PolicyArn: CALL_FUNCTIONS })
    expect((await callAs('caller', invocation('called'))).status).toBe(403)
  })

  test('may do what its policies say to the version or alias that they name', async () => {
    await deploy('qualified', TARGET)
    await lambda.publishVersion({ FunctionName: 'qualified' })
    await lambda.createAlias({ FunctionName: 'qualified', Name: 'prod', FunctionVersion: '1' })
    await deploy('calls-prod', CALLER, await createRole('calls-prod'))
    await iam.putRolePolicy({
      RoleName: 'calls-prod',
      PolicyName: 'p',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'lambda:Invoke*', Resource: `${ARN}:qualified:prod` },
      }),
    })
    expect(await callAs('calls-prod', invocation('qualified', 'prod'))).toEqual({
      status: 200,
      body: '"called"',
    })
    expect(await callAs('calls-prod', invocation('qualified', '1'))).toEqual(
      denied('calls-prod', 'calls-prod', 'lambda:InvokeFunction', `${ARN}:qualified:1`),
    )
  })

  test('is told of an explicit deny', async () => {
    await deploy('forbidden', CALLER, await createRole('forbidden'))
    await iam.attachRolePolicy({
      RoleName: 'forbidden',
      PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
    })
    const { Policy } = await iam.createPolicy({
      PolicyName: 'never',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Effect: 'Deny',
          Action: 'lambda:*',
          Resource: '*',
          Condition: { StringEquals: { 'lambda:SourceFunctionArn': `${ARN}:forbidden` } },
        },
      }),
    })
    await iam.attachRolePolicy({ RoleName: 'forbidden', PolicyArn: Policy!.Arn! })
    expect(await callAs('forbidden', invocation('anything'))).toEqual(
      denied(
        'forbidden',
        'forbidden',
        'lambda:InvokeFunction',
        `${ARN}:anything`,
        'with an explicit deny in an identity-based policy',
      ),
    )
  })

  test("is let in by a function's own policy that names its role, on the alias that the policy is on", async () => {
    await deploy('shared', TARGET)
    await lambda.publishVersion({ FunctionName: 'shared' })
    await lambda.createAlias({ FunctionName: 'shared', Name: 'prod', FunctionVersion: '1' })
    const role = await createRole('named')
    await deploy('named', CALLER, role)
    await lambda.addPermission({
      FunctionName: 'shared',
      Qualifier: 'prod',
      StatementId: 's',
      Action: 'lambda:InvokeFunction',
      Principal: role,
    })
    await seconds(2)
    expect(await callAs('named', invocation('shared', 'prod'))).toEqual({ status: 200, body: '"called"' })
    expect((await callAs('named', invocation('shared'))).status).toBe(403)
  })

  test('gives no function a role that it may not pass', async () => {
    await deploy('creator', CALLER, await createRole('creator'))
    await iam.putRolePolicy({
      RoleName: 'creator',
      PolicyName: 'p',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 'lambda:*', Resource: '*' },
      }),
    })
    const Role = `arn:aws:iam::${ACCOUNT}:role/admin`
    const create = {
      url: 'https://lambda.{region}.amazonaws.com/2015-03-31/functions/creator/configuration',
      method: 'PUT',
      service: 'lambda',
      body: JSON.stringify({ Role }),
    }
    expect(await callAs('creator', create)).toEqual(denied('creator', 'creator', 'iam:PassRole', Role))
  })

  test('is told its own name, whatever it may do, and else nothing of IAM', async () => {
    await deploy('nosy', CALLER, await createRole('nosy'))
    const { RoleId } = (await iam.getRole({ RoleName: 'nosy' })).Role!
    expect((await callAs('nosy', identityAt('https://sts.{region}.amazonaws.com/'))).body).toContain(
      `<UserId>${RoleId}:nosy</UserId>`,
    )
    const { status, body } = await callAs('nosy', {
      url: 'https://iam.amazonaws.com/',
      service: 'iam',
      headers: FORM,
      body: 'Action=GetRole&Version=2010-05-08&RoleName=nosy',
    })
    expect(status).toBe(403)
    expect(body).toContain('<Code>AccessDenied</Code>')
    expect(body).toContain(`on resource: arn:aws:iam::${ACCOUNT}:role/nosy because`)
  })
})

describe('a function that assumes a role', () => {
  const ASSUMES = `
    const { STSClient, AssumeRoleCommand, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')
    const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda')
    exports.handler = async ({ role, call, secret }) => {
      const { Credentials } = await new STSClient().send(
        new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'from-function' }))
      const credentials = {
        accessKeyId: Credentials.AccessKeyId,
        secretAccessKey: secret ?? Credentials.SecretAccessKey,
        sessionToken: Credentials.SessionToken,
      }
      try {
        const { Arn } = await new STSClient({ credentials }).send(new GetCallerIdentityCommand())
        const { Payload } = await new LambdaClient({ credentials }).send(
          new InvokeCommand({ FunctionName: call, Payload: JSON.stringify({ text: 'é'.repeat(1000) }) }))
        return [Arn, JSON.parse(Buffer.from(Payload).toString())]
      } catch ({ name, message }) {
        return [name, message]
      }
    }`

  test('calls as that role with the credentials it is given', async () => {
    await deploy('called-by-session', 'exports.handler = async event => event.text.length')
    const own = await createRole('assuming')
    const { Role } = await iam.createRole({
      RoleName: 'assumed',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: own }, Action: 'sts:AssumeRole' }],
      }),
    })
    await deploy('assumes', ASSUMES, own)
    const event = { role: Role!.Arn, call: 'called-by-session' }
    const session = `arn:aws:sts::${ACCOUNT}:assumed-role/assumed/from-function`
    expect(await callAs('assumes', event)).toEqual([
      'AccessDeniedException',
      `User: ${session} is not authorized to perform: lambda:InvokeFunction on resource: ${ARN}:called-by-session because no identity-based policy allows the lambda:InvokeFunction action`,
    ])
    await iam.attachRolePolicy({ RoleName: 'assumed', PolicyArn: CALL_FUNCTIONS })
    expect(await callAs('assumes', event)).toEqual([session, 1000])
    expect(await callAs('assumes', { ...event, secret: 'x'.repeat(40) })).toEqual([
      'SignatureDoesNotMatch',
      expect.stringContaining('The request signature we calculated does not match'),
    ])
  })
})

test('an address that a function was told is asked as nobody', async () => {
  await deploy('asks', 'exports.handler = async ({ url }) => { const r = await fetch(url); return r.text() }')
  const ask = (url: string) => callAs('asks', { url })
  expect(await ask('https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15')).toContain(
    'Missing Authentication Token',
  )
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const presigned = new URLSearchParams({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `ASIAWEIRPLACEHOLDER0/${day}/us-east-1/sts/aws4_request`,
    'X-Amz-Date': new Date().toISOString().replace(/\.\d{3}|[-:]/g, ''),
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': '0'.repeat(64),
  })
  expect(await ask(`https://sts.amazonaws.com/?${presigned}`)).toMatch(/^<ErrorResponse/)
})

test('six megabytes of event pass', async () => {
  await deploy('takes-all', 'exports.handler = async event => event.text.length')
  await deploy(
    'sends-all',
    CALLER.replace('body,', "body: JSON.stringify({ text: 'x'.repeat(6 * 1024 * 1024 - 100) }),"),
  )
  expect(await callAs('sends-all', invocation('takes-all'))).toEqual({
    status: 200,
    body: String(6 * 1024 * 1024 - 100),
  })
})

test('the placeholders of functions are worth nothing to anybody else', async () => {
  const sts = new STS({
    ...OPTIONS,
    credentials: {
      accessKeyId: 'ASIAWEIRPLACEHOLDER0',
      secretAccessKey: 'placeholder',
      sessionToken: 'placeholder',
    },
  })
  await expect(sts.getCallerIdentity({})).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
    $metadata: { httpStatusCode: 403 },
  })
})
