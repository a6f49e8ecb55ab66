import { describe, expect, test } from 'vitest'
import { zipOf } from './functions/runtime/load-function.ts'
import {
  allow,
  type Clients,
  denial,
  type Keys,
  newFunction,
  newRoot,
  newUser,
  outcome,
  policy,
} from './identity/accounts.ts'
import { signedCall } from './sign-call.ts'
import { ORIGIN, send } from './whole-weir.ts'

const ours = await newRoot()
const theirs = await newRoot()
const OURS = await newFunction(ours, 'f')
const THEIRS = await newFunction(theirs, 'f')
const ONLY_THEIRS = await newFunction(theirs, 'only-theirs')

const text = new TextDecoder()

/** What a function answers: its own ARN. */
async function invoke({ lambda }: Clients, FunctionName: string, more: object = {}): Promise<string> {
  try {
    const { Payload, StatusCode } = await lambda.invoke({ FunctionName, ...more })
    return Payload?.length ? (JSON.parse(text.decode(Payload)) as string) : `status ${StatusCode}`
  } catch (error) {
    const { name, message } = error as Error
    return `${name}: ${message}`
  }
}

/** Lets somebody do one thing with a function of theirs. */
async function grant(Principal: string, Action: string, more: object = {}, FunctionName = 'f') {
  const StatementId = `s${Math.random().toString(36).slice(2)}`
  await theirs.lambda.addPermission({ FunctionName, StatementId, Action, Principal, ...more })
  return () => theirs.lambda.removePermission({ FunctionName, StatementId, ...more })
}

const notGranted = (arn: string, action = 'lambda:InvokeFunction', resource = THEIRS) =>
  denial(arn, action, resource, `because no resource-based policy allows the ${action} action`)

describe('a function of another account', () => {
  test('is called where both accounts allow it, and not otherwise', async () => {
    const both = await newUser(ours, 'both', allow('lambda:InvokeFunction', THEIRS))
    expect(await invoke(both, THEIRS)).toBe(notGranted(both.arn))
    const take = await grant(ours.account, 'lambda:InvokeFunction')
    expect(await invoke(both, THEIRS)).toBe(THEIRS)
    // Nobody else's: not another function of theirs, nor one's own of that name.
    expect(await invoke(both, ONLY_THEIRS)).toBe(notGranted(both.arn, 'lambda:InvokeFunction', ONLY_THEIRS))
    expect(await invoke(both, 'f')).toBe(denial(both.arn, 'lambda:InvokeFunction', OURS))
    const neither = await newUser(ours, 'neither')
    expect(await invoke(neither, THEIRS)).toBe(denial(neither.arn, 'lambda:InvokeFunction', THEIRS))
    await take()
    expect(await invoke(both, THEIRS)).toBe(notGranted(both.arn))
  })

  test('is called by every way of naming it, and of calling it', async () => {
    const user = await newUser(ours, 'forms', allow('lambda:InvokeFunction'))
    const take = await grant(user.arn, 'lambda:InvokeFunction')
    for (const name of [THEIRS, `${theirs.account}:function:f`, `${theirs.account}:f`]) {
      expect([name, await invoke(user, name)]).toEqual([name, THEIRS])
    }
    expect(await invoke(user, THEIRS, { InvocationType: 'Event' })).toBe('status 202')
    expect(await invoke(user, THEIRS, { InvocationType: 'DryRun' })).toBe('status 204')
    await take()
    for (const InvocationType of ['Event', 'DryRun']) {
      expect(await invoke(user, THEIRS, { InvocationType })).toBe(notGranted(user.arn))
    }
    expect(await invoke(user, `${theirs.account}:f`)).toBe(notGranted(user.arn))
  })

  test('lets in, under an alias, whom the alias lets in', async () => {
    const user = await newUser(ours, 'alias', allow('lambda:*'))
    const { Version } = await theirs.lambda.publishVersion({ FunctionName: 'f' })
    await theirs.lambda.createAlias({ FunctionName: 'f', Name: 'live', FunctionVersion: Version })
    const take = await grant(user.arn, 'lambda:InvokeFunction', { Qualifier: 'live' })
    expect(await invoke(user, `${THEIRS}:live`)).toBe(`${THEIRS}:live`)
    expect(await invoke(user, THEIRS, { Qualifier: 'live' })).toBe(`${THEIRS}:live`)
    expect(await invoke(user, THEIRS)).toBe(notGranted(user.arn))
    expect(await invoke(user, THEIRS, { Qualifier: Version })).toBe(
      notGranted(user.arn, 'lambda:InvokeFunction', `${THEIRS}:${Version}`),
    )
    await take()
  })

  test('lets in an account’s root like anybody else of it', async () => {
    const root = `arn:aws:iam::${ours.account}:root`
    expect(await invoke(ours, THEIRS)).toBe(notGranted(root))
    expect(await invoke(ours, ONLY_THEIRS)).toBe(notGranted(root, 'lambda:InvokeFunction', ONLY_THEIRS))
    const take = await grant(root, 'lambda:InvokeFunction')
    expect(await invoke(ours, THEIRS)).toBe(THEIRS)
    await take()
    expect(await invoke(ours, THEIRS)).toBe(notGranted(root))
    expect(await invoke(ours, 'f')).toBe(OURS)
  })

  test('is refused to who names it, whether it is there or not', async () => {
    const gone = THEIRS.replace(/f$/, 'no-such-function')
    expect(await invoke(ours, gone)).toBe(
      notGranted(`arn:aws:iam::${ours.account}:root`, 'lambda:InvokeFunction', gone),
    )
  })

  test('is read and changed as far as it lets', async () => {
    const user = await newUser(ours, 'reader', allow('lambda:*'))
    const take = await grant(user.arn, 'lambda:GetFunction')
    const { Configuration, Tags } = await user.lambda.getFunction({ FunctionName: THEIRS })
    expect([Configuration?.FunctionArn, Tags]).toEqual([THEIRS, undefined])
    await take()
    const actions = ['lambda:TagResource', 'lambda:ListTags', 'lambda:PublishVersion']
    const taken = await Promise.all(actions.map(action => grant(user.arn, action)))
    await user.lambda.tagResource({ Resource: THEIRS, Tags: { by: 'us' } })
    expect((await theirs.lambda.listTags({ Resource: THEIRS })).Tags).toEqual({ by: 'us' })
    expect((await user.lambda.listTags({ Resource: THEIRS })).Tags).toEqual({ by: 'us' })
    expect((await ours.lambda.listTags({ Resource: OURS })).Tags).toEqual({})
    const { FunctionArn } = await user.lambda.publishVersion({ FunctionName: THEIRS })
    expect(FunctionArn).toMatch(new RegExp(`^${THEIRS}:\\d+$`))
    for (const each of taken) await each()
  })

  test('is not to be had by operations that are for its own account alone, whatever it grants', async () => {
    const user = await newUser(ours, 'outsider', allow(['lambda:*', 'iam:*']))
    const take = await grant('*', 'lambda:*')
    for (const call of [
      user.lambda.updateFunctionConfiguration({ FunctionName: THEIRS, Description: 'ours' }),
      user.lambda.addPermission({
        FunctionName: THEIRS,
        StatementId: 'x',
        Action: 'lambda:*',
        Principal: user.arn,
      }),
      user.lambda.createFunctionUrlConfig({ FunctionName: THEIRS, AuthType: 'NONE' }),
      user.lambda.putFunctionEventInvokeConfig({ FunctionName: THEIRS, MaximumRetryAttempts: 0 }),
    ]) {
      expect(await outcome(call)).toContain('AccessDeniedException')
    }
    const { Configuration } = await theirs.lambda.getFunction({ FunctionName: 'f' })
    expect(Configuration?.Description).toBe('')
    await take()
  })

  test('tags, named by half an ARN, are nobody’s', async () => {
    const half = `${theirs.account}:function:f`
    expect(await outcome(ours.lambda.listTags({ Resource: half }))).not.toBe('ok')
    expect(await outcome(ours.lambda.tagResource({ Resource: half, Tags: { a: 'b' } }))).not.toBe('ok')
  })
})

describe('a layer of another account', () => {
  test('is read by whom both accounts let', async () => {
    const { LayerVersionArn: Arn } = await theirs.lambda.publishLayerVersion({
      LayerName: 'shared',
      Content: { ZipFile: zipOf({ 'nodejs/shared.js': '' }) },
    })
    const user = await newUser(ours, 'layers', allow('lambda:GetLayerVersion'))
    const read = ({ lambda }: Clients) => outcome(lambda.getLayerVersionByArn({ Arn }))
    const root = `arn:aws:iam::${ours.account}:root`
    expect(await read(user)).toBe(notGranted(user.arn, 'lambda:GetLayerVersion', Arn))
    expect(await read(ours)).toBe(notGranted(root, 'lambda:GetLayerVersion', Arn))
    await theirs.lambda.addLayerVersionPermission({
      LayerName: 'shared',
      VersionNumber: 1,
      StatementId: 'us',
      Action: 'lambda:GetLayerVersion',
      Principal: ours.account,
    })
    expect([await read(user), await read(ours)]).toEqual(['ok', 'ok'])
    const neither = await newUser(ours, 'no-layers')
    expect(await read(neither)).toBe(denial(neither.arn, 'lambda:GetLayerVersion', Arn!))
  })
})

describe('a function URL of another account', () => {
  test('is open to whom both accounts let in', async () => {
    const { FunctionUrl } = await theirs.lambda.createFunctionUrlConfig({
      FunctionName: 'only-theirs',
      AuthType: 'AWS_IAM',
    })
    const user = await newUser(ours, 'url', allow(['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']))
    const neither = await newUser(ours, 'no-url')
    const status = async (credentials: Keys) =>
      (await send(await signedCall(FunctionUrl!, {}, { service: 'lambda', credentials }))).status
    const grants = [
      await grant(ours.account, 'lambda:InvokeFunctionUrl', {}, 'only-theirs'),
      await grant(ours.account, 'lambda:InvokeFunction', {}, 'only-theirs'),
    ]
    expect([await status(user.credentials), await status(neither.credentials)]).toEqual([200, 403])
    expect(await status(ours.credentials)).toBe(200)
    await grants[0]!()
    expect(await status(user.credentials)).toBe(403)
    expect(await status(ours.credentials)).toBe(403)
    expect(await status(theirs.credentials)).toBe(200)
  })
})

describe('an API of another account', () => {
  test('is open, where it asks for signatures, to whom both accounts let in', async () => {
    const { apigateway } = theirs
    const { id: restApiId, rootResourceId } = await apigateway.createRestApi({ name: 'signed' })
    const at = { restApiId: restApiId!, resourceId: rootResourceId!, httpMethod: 'GET' }
    await apigateway.putMethod({ ...at, authorizationType: 'AWS_IAM' })
    await apigateway.putIntegration({
      ...at,
      type: 'MOCK',
      requestTemplates: { 'application/json': '{"statusCode": 200}' },
    })
    await apigateway.putMethodResponse({ ...at, statusCode: '200' })
    await apigateway.putIntegrationResponse({
      ...at,
      statusCode: '200',
      responseTemplates: { 'application/json': '$context.identity.userArn $context.identity.caller' },
    })
    const open = async (letIn: string | undefined) => {
      const Resource = `arn:aws:execute-api:us-east-1:${theirs.account}:${restApiId}/*`
      await apigateway.updateRestApi({
        restApiId: restApiId!,
        patchOperations: [
          {
            op: 'replace',
            path: '/policy',
            value: letIn
              ? policy({ Principal: { AWS: letIn }, Action: 'execute-api:Invoke', Resource })
              : policy({ Principal: { AWS: theirs.account }, Action: 'execute-api:Invoke', Resource }),
          },
        ],
      })
      await apigateway.createDeployment({ restApiId: restApiId!, stageName: 'prod' })
    }
    const call = async (credentials: Keys) => {
      const url = `${ORIGIN}/_aws/execute-api/${restApiId}/prod/`
      const response = await send(await signedCall(url, {}, { credentials }))
      return response.status === 200 ? response.text() : response.status
    }
    const user = await newUser(ours, 'api', allow('execute-api:Invoke'))
    const neither = await newUser(ours, 'no-api')
    const own = await newUser(theirs, 'own', allow('execute-api:Invoke'))
    await open(ours.account)
    expect(await call(user.credentials)).toBe(`${user.arn} ${user.id}`)
    expect(await call(ours.credentials)).toContain(':root')
    expect(await call(neither.credentials)).toBe(403)
    await open(undefined)
    expect([await call(user.credentials), await call(ours.credentials)]).toEqual([403, 403])
    expect(await call(own.credentials)).toBe(`${own.arn} ${own.id}`)
  })
})
