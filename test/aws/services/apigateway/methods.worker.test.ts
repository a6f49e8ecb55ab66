import { beforeEach, describe, expect, it } from 'vitest'
import { authorizers, models, requestValidators } from '../../../../src/gateway/control/api-parts.ts'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

let plane: ControlPlane
let at: { restApiId: string; resourceId: string }
beforeEach(async () => {
  plane = await controlPlane()
  const api = await plane.api.createRestApi({ name: 'api' })
  at = { restApiId: api.id!, resourceId: api.rootResourceId! }
})

const FUNCTION_URI =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own placeholder
  'arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:000000000001:function:f:${stageVariables.lambdaAlias}/invocations'

type Operation = [op: string, path: string, value?: string]
const patches = (operations: Operation[]) =>
  operations.map(([op, path, value]) => ({ op: op as 'add', path, value }))

const put = (httpMethod = 'GET', input: object = {}) =>
  plane.api.putMethod({ ...at, httpMethod, authorizationType: 'NONE', ...input })
const update = (...operations: Operation[]) =>
  plane.api.updateMethod({ ...at, httpMethod: 'GET', patchOperations: patches(operations) })
const integrate = (input: object = {}) =>
  plane.api.putIntegration({ ...at, httpMethod: 'GET', type: 'MOCK', ...input })

describe('methods', () => {
  it('are put, got and deleted', async () => {
    const { $metadata, ...method } = await put('ANY', { apiKeyRequired: true, operationName: 'Do' })
    expect($metadata.httpStatusCode).toBe(201)
    const expected = {
      httpMethod: 'ANY',
      authorizationType: 'NONE',
      apiKeyRequired: true,
      operationName: 'Do',
    }
    expect(method).toEqual(expected)
    expect(await plane.api.getMethod({ ...at, httpMethod: 'ANY' })).toMatchObject(expected)
    expect(await refusal(put('ANY'))).toBe('409 ConflictException: Method already exists for this resource')
    const gone = await plane.api.deleteMethod({ ...at, httpMethod: 'ANY' })
    expect(gone.$metadata.httpStatusCode).toBe(204)
    for (const call of [plane.api.getMethod({ ...at, httpMethod: 'ANY' }), update(['replace', '/x', 'y'])]) {
      expect(await refusal(call)).toBe('404 NotFoundException: Invalid Method identifier specified')
    }
  })

  it.each([
    [
      'WRONG',
      {},
      'Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY',
    ],
    [
      'GET',
      { authorizationType: 'CUSTOM' },
      'Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.',
    ],
    [
      'GET',
      { authorizationType: 'MAYBE' },
      'Invalid authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS',
    ],
    [
      'GET',
      { authorizationScopes: ['pets/read'] },
      'Invalid Method authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type',
    ],
    ['GET', { requestValidatorId: 'x' }, 'Invalid Request Validator identifier specified'],
    [
      'GET',
      { requestModels: { 'application/json': 'petModel' } },
      'Invalid model identifier specified: petModel',
    ],
    [
      'GET',
      { requestParameters: { 'method.request.header.a': true, 'method.request.path.a': true } },
      'Parameter names must be unique across querystring, header and path',
    ],
    [
      'GET',
      { requestParameters: { 'method.request.cookie.a': true } },
      'Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: method.request.cookie.a]',
    ],
  ])('%s %j is refused', async (httpMethod, input, message) => {
    expect(await refusal(put(httpMethod, input))).toBe(`400 BadRequestException: ${message}`)
  })

  it('do not exist in another API or resource', async () => {
    for (const wrong of [{ restApiId: 'nope' }, { resourceId: 'nope' }]) {
      expect(
        await refusal(plane.api.putMethod({ ...at, ...wrong, httpMethod: 'GET', authorizationType: 'NONE' })),
      ).toBe('404 NotFoundException: Invalid Resource identifier specified')
    }
  })

  it('are patched', async () => {
    await put()
    const added = await update(
      ['add', '/requestParameters/method.request.querystring.h_optional', 'true'],
      ['add', '/requestModels/application~1json', 'Empty'],
      ['replace', '/operationName', 'Op'],
      ['replace', '/apiKeyRequired', 'true'],
    )
    expect(added).toMatchObject({
      requestParameters: { 'method.request.querystring.h_optional': true },
      requestModels: { 'application/json': 'Empty' },
      operationName: 'Op',
      apiKeyRequired: true,
    })
    const removed = await update(
      ['remove', '/requestParameters/method.request.querystring.h_optional'],
      ['remove', '/requestModels/application~1json'],
      ['replace', '/apiKeyRequired', 'whatever'],
      ['replace', '/authorizerId', 'ignored without an authorization type'],
    )
    expect(removed).toMatchObject({ apiKeyRequired: false, operationName: 'Op' })
    expect(removed.requestParameters).toBeUndefined()
    expect(removed.requestModels).toBeUndefined()
  })

  it.each<[Operation, string]>([
    [['add', '/operationName', 'x'], 'Invalid patch operation specified. Must be one of: [replace]'],
    [['add', '/httpMethod', 'PUT'], 'Invalid patch path /httpMethod'],
    [['replace', '/requestParameters', 'x'], 'Invalid patch path /requestParameters'],
    [
      ['add', '/requestModels/application/json', 'Empty'],
      'Invalid patch path /requestModels/application/json',
    ],
    [['replace', '/requestValidatorId', 'fake'], 'Invalid Request Validator identifier specified'],
    [
      ['replace', '/authorizationType', 'CUSTOM'],
      'Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.',
    ],
  ])('refuse the patch %j', async (operation, message) => {
    await put()
    expect(await refusal(update(operation))).toBe(`400 BadRequestException: ${message}`)
  })

  it('name an authorizer, a validator and models that the API has', async () => {
    const records = plane.platform.records({ id: plane.account, region: REGION })
    const parent = at.restApiId
    const seconds = { authorizerResultTtlInSeconds: 300 }
    await records
      .change()
      .create(authorizers, { parent, id: 'tok123' }, { name: 't', type: 'TOKEN', ...seconds })
      .create(authorizers, { parent, id: 'pool12' }, { name: 'p', type: 'COGNITO_USER_POOLS', ...seconds })
      .create(
        requestValidators,
        { parent, id: 'val123' },
        { validateRequestBody: true, validateRequestParameters: false },
      )
      .create(models, { parent, id: 'Pet' }, { id: 'abc123', contentType: 'application/json' })
      .commit()
    const named = {
      authorizationType: 'CUSTOM',
      authorizerId: 'tok123',
      requestValidatorId: 'val123',
      requestModels: { 'application/json': 'Pet' },
    }
    expect(await put('GET', named)).toMatchObject(named)
    expect(await plane.api.getMethod({ ...at, httpMethod: 'GET' })).toMatchObject(named)
    const message =
      '400 BadRequestException: Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.'
    expect(await refusal(update(['replace', '/authorizerId', 'nope']))).toBe(message)
    expect(await refusal(update(['replace', '/authorizerId', 'pool12']))).toBe(message)
    expect(await refusal(update(['replace', '/authorizationType', 'COGNITO_USER_POOLS']))).toBe(message)
    expect(
      await update(
        ['replace', '/authorizationType', 'COGNITO_USER_POOLS'],
        ['replace', '/authorizerId', 'pool12'],
        ['add', '/authorizationScopes', 'pets/read'],
        ['replace', '/requestValidatorId', ''],
      ),
    ).toMatchObject({ authorizerId: 'pool12', authorizationScopes: ['pets/read'] })
    const open = await update(['replace', '/authorizationType', 'aws_iam'])
    expect(open).toMatchObject({ authorizationType: 'AWS_IAM' })
    expect([open.authorizerId, open.requestValidatorId, open.authorizationScopes]).toEqual(
      Array(3).fill(undefined),
    )
    expect(await refusal(update(['add', '/authorizationScopes', 'pets/read']))).toBe(
      '400 BadRequestException: Invalid Method authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type',
    )
    const responseModels = { 'application/json': 'Pet' }
    const response = { ...at, httpMethod: 'GET', statusCode: '200' }
    expect(await plane.api.putMethodResponse({ ...response, responseModels })).toMatchObject({
      responseModels,
    })
    expect(
      await refusal(
        plane.api.putMethodResponse({
          ...response,
          statusCode: '404',
          responseModels: { 'application/json': 'NoPet' },
        }),
      ),
    ).toBe('400 BadRequestException: Invalid model identifier specified: NoPet')
  })

  it('of one resource are all kept when they are put at the same moment', async () => {
    const names = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'ANY']
    await Promise.all(names.map(name => put(name)))
    const { resourceMethods } = await plane.api.getResource(at)
    expect(Object.keys(resourceMethods ?? {}).sort()).toEqual(names.sort())
  })
})

describe('method responses', () => {
  const status = { statusCode: '200' }
  const putResponse = (input: object = {}) =>
    plane.api.putMethodResponse({ ...at, httpMethod: 'GET', ...status, ...input })
  const updateResponse = (...operations: Operation[]) =>
    plane.api.updateMethodResponse({
      ...at,
      httpMethod: 'GET',
      ...status,
      patchOperations: patches(operations),
    })

  it('are put, got, patched and deleted', async () => {
    await put()
    const made = await putResponse({ responseParameters: {}, responseModels: {} })
    expect(made).toMatchObject({ statusCode: '200', responseModels: {}, responseParameters: {} })
    expect(made.$metadata.httpStatusCode).toBe(201)
    expect(await refusal(putResponse())).toContain('409 ConflictException')
    const patched = await updateResponse(
      ['add', '/responseParameters/method.response.header.my-header', 'true'],
      ['add', '/responseModels/application~1json', 'Empty'],
    )
    expect(patched.$metadata.httpStatusCode).toBe(201)
    expect(await plane.api.getMethodResponse({ ...at, httpMethod: 'GET', ...status })).toMatchObject({
      responseModels: { 'application/json': 'Empty' },
      responseParameters: { 'method.response.header.my-header': true },
    })
    const { methodResponses } = await plane.api.getMethod({ ...at, httpMethod: 'GET' })
    expect(Object.keys(methodResponses ?? {})).toEqual(['200'])
    await plane.api.deleteMethodResponse({ ...at, httpMethod: 'GET', ...status })
    expect((await plane.api.getMethod({ ...at, httpMethod: 'GET' })).methodResponses).toBeUndefined()
  })

  it.each<[Operation, string]>([
    [
      ['replace', '/responseParameters/wrong', 'true'],
      '404 NotFoundException: Invalid parameter name specified',
    ],
    [['remove', '/responseParameters/wrong'], '404 NotFoundException: Invalid parameter name specified'],
    [['remove', '/responseModels/wrong'], '404 NotFoundException: Content-Type specified was not found'],
    [
      ['remove', '/wrong/method.response.header.a'],
      '400 BadRequestException: Invalid patch path /wrong/method.response.header.a',
    ],
    [
      ['wrong_op', '/responseModels/a', 'Empty'],
      "400 ValidationException: 1 validation error detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]",
    ],
  ])('refuse the patch %j', async (operation, message) => {
    await put()
    await putResponse()
    expect(await refusal(updateResponse(operation))).toBe(message)
  })

  it('have a status code, and one that exists', async () => {
    await put()
    expect(await refusal(plane.api.getMethodResponse({ ...at, httpMethod: 'GET', statusCode: '404' }))).toBe(
      '404 NotFoundException: Invalid Response status code specified',
    )
    expect(await refusal(putResponse({ statusCode: 'wrong' }))).toBe(
      "400 ValidationException: 1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d",
    )
  })
})

describe('integrations', () => {
  it('with a function are put as AWS answers them', async () => {
    await put()
    const { $metadata, ...integration } = await integrate({
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: FUNCTION_URI,
    })
    expect($metadata.httpStatusCode).toBe(201)
    const expected = {
      type: 'AWS_PROXY',
      httpMethod: 'POST',
      uri: FUNCTION_URI,
      passthroughBehavior: 'WHEN_NO_MATCH',
      timeoutInMillis: 29000,
      cacheNamespace: at.resourceId,
      cacheKeyParameters: [],
    }
    expect(integration).toEqual(expected)
    expect(await plane.api.getIntegration({ ...at, httpMethod: 'GET' })).toMatchObject(expected)
    expect((await plane.api.getMethod({ ...at, httpMethod: 'GET' })).methodIntegration).toEqual(expected)
  })

  it('of type MOCK call nothing, and replace what was there', async () => {
    await put('GET', { requestParameters: { 'method.request.path.id': true } })
    await integrate({ type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri: FUNCTION_URI })
    const mock = await integrate({
      uri: 'http://example.com',
      integrationHttpMethod: 'POST',
      requestTemplates: { 'application/json': '{statusCode: 200}' },
      requestParameters: { 'integration.request.path.p': 'method.request.path.id' },
    })
    expect([mock.uri, mock.httpMethod]).toEqual([undefined, undefined])
    expect(mock).toMatchObject({
      requestTemplates: { 'application/json': '{statusCode: 200}' },
      requestParameters: { 'integration.request.path.p': 'method.request.path.id' },
    })
    const { $metadata } = await plane.api.deleteIntegration({ ...at, httpMethod: 'GET' })
    expect($metadata.httpStatusCode).toBe(204)
    expect(await refusal(plane.api.getIntegration({ ...at, httpMethod: 'GET' }))).toBe(
      '404 NotFoundException: Invalid Integration identifier specified',
    )
  })

  const proxy = { type: 'AWS_PROXY', integrationHttpMethod: 'POST' }
  const service = { type: 'AWS', integrationHttpMethod: 'POST' }
  const http = { type: 'HTTP_PROXY', integrationHttpMethod: 'GET', uri: 'http://example.com' }
  const connectionType = 'VPC_LINK'
  it.each([
    [{ type: 'AWS_PROXY', uri: FUNCTION_URI }, 'Enumeration value for HttpMethod must be non-empty'],
    [{ ...proxy, uri: 'http://example.com' }, 'Invalid ARN specified in the request'],
    [{ ...proxy, uri: 'arn:aws:iam::0:role/a' }, 'AWS ARN for integration must contain path or action'],
    [
      { ...proxy, uri: 'arn:aws:apigateway:eu-central-1:s3:path/b/k' },
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    ],
    [
      { ...proxy, uri: 'arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions//x' },
      'Invalid lambda function',
    ],
    [{ ...http, integrationHttpMethod: undefined }, 'Enumeration value for HttpMethod must be non-empty'],
    [
      { ...http, integrationHttpMethod: 'TRACE' },
      'Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY',
    ],
    ...['gql.twitch.tv', 'ftp://example.com', 'http://', 'https://user:pass@example.com/', 'http://a b/'].map(
      uri => [{ ...http, uri }, 'Invalid HTTP endpoint specified for URI'] as [object, string],
    ),
    [{ ...http, connectionType: 'VPC_LINK' }, 'A connection ID must be specified for VPC_LINK integrations'],
    [{ ...http, connectionId: 'x' }, 'A connection ID can be specified for VPC_LINK integrations only'],
    [
      { ...http, tlsConfig: { insecureSkipVerification: true } },
      'Weir cannot leave certificates unverified: Workers verify those of every server on the internet',
    ],
    [{ ...service, uri: 'non-valid-arn' }, 'Invalid ARN specified in the request'],
    [{ ...service, uri: 'arn:aws:iam::0:role/a' }, 'AWS ARN for integration must contain path or action'],
    [
      { ...service, uri: 'arn:aws:apigateway:eu-central-1:s3:path/b/k' },
      'Role ARN must be specified for AWS integrations',
    ],
    [{ ...service, uri: FUNCTION_URI, credentials: 'me' }, 'Invalid ARN specified in the request'],
    [
      { ...proxy, uri: FUNCTION_URI, responseTransferMode: 'STREAM' },
      'Weir does not support streamed responses of integrations of type AWS_PROXY yet. Supported: HTTP_PROXY',
    ],
    [{ timeoutInMillis: 49 }, 'Timeout should be between 50 ms and 29000 ms'],
    [{ timeoutInMillis: 29001 }, 'Timeout should be between 50 ms and 29000 ms'],
    [
      { passthroughBehavior: 'ALWAYS' },
      'Invalid passthrough behavior specified. Valid options are WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER',
    ],
    [
      { requestTemplates: { '123': '{}' } },
      'Validation Result: warnings : [], errors : [Invalid content type specified: 123]',
    ],
    [
      { requestParameters: { 'integration.request.path.p': 'method.request.path.id' } },
      'Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.path.id]',
    ],
  ])('refuse %j', async (input, message) => {
    await put()
    expect(await refusal(integrate(input))).toBe(`400 BadRequestException: ${message}`)
  })

  it('are patched', async () => {
    await put()
    await integrate({ ...proxy, uri: FUNCTION_URI })
    const patch = (...operations: Operation[]) =>
      plane.api.updateIntegration({ ...at, httpMethod: 'GET', patchOperations: patches(operations) })
    const other = FUNCTION_URI.replace(':f:', ':g:')
    expect(
      await patch(
        ['replace', '/uri', other],
        ['replace', '/timeoutInMillis', '50'],
        ['add', '/cacheKeyParameters/method.request.path.id'],
        ['add', '/requestTemplates/application~1json', '{}'],
        ['replace', '/contentHandling', 'CONVERT_TO_TEXT'],
      ),
    ).toMatchObject({
      uri: other,
      timeoutInMillis: 50,
      cacheKeyParameters: ['method.request.path.id'],
      requestTemplates: { 'application/json': '{}' },
      contentHandling: 'CONVERT_TO_TEXT',
    })
    expect(await refusal(patch(['replace', '/uri', 'nope']))).toContain(
      'Invalid ARN specified in the request',
    )
    expect(await refusal(patch(['replace', '/nope', 'x']))).toContain('Invalid patch path /nope')
  })

  it('over HTTP are put, got and patched', async () => {
    await put('GET', { requestParameters: { 'method.request.path.id': true } })
    const expected = {
      type: 'HTTP_PROXY',
      httpMethod: 'ANY',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own placeholder
      uri: 'https://${stageVariables.host}/pets/{id}?a=b',
      connectionType: 'INTERNET',
      requestParameters: { 'integration.request.path.id': 'method.request.path.id' },
      responseTransferMode: 'STREAM',
      timeoutInMillis: 900_000,
      cacheKeyParameters: ['method.request.path.id'],
      cacheNamespace: 'pets',
      tlsConfig: { insecureSkipVerification: false },
    }
    const { $metadata, ...made } = await integrate({
      ...expected,
      httpMethod: 'GET',
      integrationHttpMethod: 'ANY',
    })
    expect($metadata.httpStatusCode).toBe(201)
    expect(made).toEqual({ ...expected, passthroughBehavior: 'WHEN_NO_MATCH' })
    const patch = (...operations: Operation[]) =>
      plane.api.updateIntegration({ ...at, httpMethod: 'GET', patchOperations: patches(operations) })
    const patched = await patch(
      ['replace', '/responseTransferMode', 'BUFFERED'],
      ['replace', '/timeoutInMillis', '100'],
      ['replace', '/httpMethod', 'GET'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own placeholder
      ['replace', '/connectionId', '${stageVariables.link}'],
      ['replace', '/connectionType', 'VPC_LINK'],
      ['replace', '/tlsConfig/insecureSkipVerification', 'true'],
    )
    expect(patched).toMatchObject({
      responseTransferMode: 'BUFFERED',
      timeoutInMillis: 100,
      httpMethod: 'GET',
      connectionType,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own placeholder
      connectionId: '${stageVariables.link}',
      tlsConfig: { insecureSkipVerification: true },
    })
    expect(await refusal(patch(['replace', '/connectionType', 'TUNNEL']))).toContain(
      'Invalid connection type specified. Valid options are INTERNET,VPC_LINK',
    )
  })

  it('wait for longer than 29 s in regional APIs only', async () => {
    await put()
    await plane.api.updateRestApi({
      restApiId: at.restApiId,
      patchOperations: patches([['replace', '/endpointConfiguration/types/EDGE', 'REGIONAL']]),
    })
    expect(await integrate({ timeoutInMillis: 300_000 })).toMatchObject({ timeoutInMillis: 300_000 })
    expect(await refusal(integrate({ timeoutInMillis: 300_001 }))).toBe(
      '400 BadRequestException: Timeout should be between 50 ms and 300000 ms',
    )
  })

  it('with a function and mapping templates are put', async () => {
    await put()
    const credentials = 'arn:aws:iam::000000000001:role/gateway'
    expect(await integrate({ ...service, uri: FUNCTION_URI, credentials })).toMatchObject({
      type: 'AWS',
      uri: FUNCTION_URI,
      credentials,
    })
    expect(
      await integrate({ ...service, uri: FUNCTION_URI, credentials: 'arn:aws:iam::*:user/*' }),
    ).toMatchObject({ credentials: 'arn:aws:iam::*:user/*' })
  })

  it('refuse what does not fit into one resource', async () => {
    await put()
    const requestTemplates = { 'application/json': 'x'.repeat(600_000) }
    await integrate({ requestTemplates })
    await put('POST')
    expect(
      await refusal(plane.api.putIntegration({ ...at, httpMethod: 'POST', type: 'MOCK', requestTemplates })),
    ).toContain('400 BadRequestException: The methods of one resource take at most 1048576 characters')
  })

  it('refuse what does not fit into one API', async () => {
    const { restApiId, resourceId: parentId } = at
    const requestTemplates = { 'application/json': 'x'.repeat(1_000_000) }
    for (let i = 0; i <= 6; i++) {
      const { id: resourceId } = await plane.api.createResource({ restApiId, parentId, pathPart: `p${i}` })
      const method = { restApiId, resourceId, httpMethod: 'GET' }
      await plane.api.putMethod({ ...method, authorizationType: 'NONE' })
      const call = plane.api.putIntegration({ ...method, type: 'MOCK', requestTemplates })
      if (i < 6) await call
      else
        expect(await refusal(call)).toContain(
          '400 BadRequestException: The resources of one API take at most',
        )
    }
  })
})

describe('integration responses', () => {
  const putResponse = (statusCode: string, input: object = {}) =>
    plane.api.putIntegrationResponse({ ...at, httpMethod: 'GET', statusCode, ...input })

  it('are put, overwritten, patched and deleted', async () => {
    await put()
    await integrate()
    const made = await putResponse('200', {
      responseTemplates: { 'application/json': '"created"' },
      selectionPattern: '',
    })
    expect(made).toMatchObject({
      statusCode: '200',
      selectionPattern: '',
      responseTemplates: { 'application/json': '"created"' },
    })
    const patched = await plane.api.updateIntegrationResponse({
      ...at,
      httpMethod: 'GET',
      statusCode: '200',
      patchOperations: patches([['replace', '/selectionPattern', 'updated']]),
    })
    expect(patched.selectionPattern).toBe('updated')
    await putResponse('200', { responseTemplates: { 'application/json': 'overwritten' } })
    const { methodIntegration } = await plane.api.getMethod({ ...at, httpMethod: 'GET' })
    expect(methodIntegration?.integrationResponses).toEqual({
      200: { statusCode: '200', responseTemplates: { 'application/json': 'overwritten' } },
    })
    await plane.api.deleteIntegrationResponse({ ...at, httpMethod: 'GET', statusCode: '200' })
    expect(
      await refusal(plane.api.getIntegrationResponse({ ...at, httpMethod: 'GET', statusCode: '200' })),
    ).toBe('404 NotFoundException: Invalid Response status code specified')
  })

  it('map headers that the method response declares', async () => {
    await put()
    await integrate()
    const responseParameters = { 'method.response.header.a': "'*'" }
    const errors =
      '400 BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : '
    expect(await refusal(putResponse('200', { responseParameters }))).toBe(
      `${errors}[No method response exists for method.]`,
    )
    await plane.api.putMethodResponse({ ...at, httpMethod: 'GET', statusCode: '200' })
    expect(await refusal(putResponse('200', { responseParameters }))).toBe(
      `${errors}[Invalid mapping expression parameter specified: method.response.header.a]`,
    )
    await plane.api.updateMethodResponse({
      ...at,
      httpMethod: 'GET',
      statusCode: '200',
      patchOperations: patches([['add', '/responseParameters/method.response.header.a', 'false']]),
    })
    expect(await putResponse('200', { responseParameters })).toMatchObject({ responseParameters })
  })

  it('differ in their selection patterns', async () => {
    await put()
    await integrate()
    await putResponse('200')
    expect(await refusal(putResponse('400', { selectionPattern: '' }))).toBe(
      '409 ConflictException: Integration response with selection pattern default already exists',
    )
    await putResponse('400', { selectionPattern: '4\\d{2}' })
  })

  it('name what is missing as AWS does', async () => {
    const get = plane.api.getIntegrationResponse.bind(plane.api)
    const where = { ...at, httpMethod: 'GET', statusCode: '200' }
    expect(await refusal(get(where))).toBe('404 NotFoundException: Invalid Method identifier specified')
    expect(await refusal(plane.api.deleteIntegrationResponse(where))).toBe(
      '404 NotFoundException: Invalid Integration identifier specified',
    )
    await put()
    expect(await refusal(get(where))).toBe('404 NotFoundException: Invalid Integration identifier specified')
    expect(await refusal(get({ ...where, resourceId: 'nope' }))).toBe(
      '404 NotFoundException: Invalid Resource identifier specified',
    )
  })
})
