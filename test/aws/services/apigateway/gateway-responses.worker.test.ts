import type { GatewayResponseType } from '@aws-sdk/client-api-gateway'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
beforeEach(async () => {
  plane = await controlPlane()
  restApiId = (await plane.api.createRestApi({ name: 'api' })).id!
})

const USUAL = { 'application/json': '{"message":$context.error.messageString}' }
const PARAMETERS = {
  'gatewayresponse.header.x-request-path': 'method.request.path.petId',
  'gatewayresponse.header.Access-Control-Allow-Origin': "'a.b.c'",
  'gatewayresponse.header.x-request-query': 'method.request.querystring.q',
  'gatewayresponse.header.x-request-header': 'method.request.header.Accept',
}
const put = (responseType: GatewayResponseType, input: object) =>
  plane.api.putGatewayResponse({ restApiId, responseType, ...input })
const get = async (responseType: GatewayResponseType) => {
  const { $metadata: _, ...response } = await plane.api.getGatewayResponse({ restApiId, responseType })
  return response
}
const all = async () => {
  const { items } = await plane.api.getGatewayResponses({ restApiId })
  return Object.fromEntries(items!.map(({ responseType, ...response }) => [responseType, response]))
}
type Operation = [op: string, path?: string, value?: string]
const update = (responseType: GatewayResponseType, ...operations: Operation[]) =>
  plane.api.updateGatewayResponse({
    restApiId,
    responseType,
    patchOperations: operations.map(([op, path, value]) => ({ op: op as 'add', path, value })),
  })

describe('gateway responses', () => {
  it('of all types are there, as the gateway words them', async () => {
    const responses = await all()
    expect(Object.keys(responses)).toHaveLength(21)
    expect(responses.ACCESS_DENIED).toEqual({
      statusCode: '403',
      responseParameters: {},
      responseTemplates: USUAL,
      defaultResponse: true,
    })
    expect(responses.DEFAULT_4XX).toEqual({
      responseParameters: {},
      responseTemplates: USUAL,
      defaultResponse: true,
    })
  })

  it('are put, got and taken back', async () => {
    const { $metadata, ...made } = await put('MISSING_AUTHENTICATION_TOKEN', {
      statusCode: '404',
      responseParameters: PARAMETERS,
      responseTemplates: { 'application/json': '{}' },
    })
    expect($metadata.httpStatusCode).toBe(201)
    expect(made).toEqual({
      responseType: 'MISSING_AUTHENTICATION_TOKEN',
      statusCode: '404',
      responseParameters: PARAMETERS,
      responseTemplates: { 'application/json': '{}' },
      defaultResponse: false,
    })
    expect(await get('MISSING_AUTHENTICATION_TOKEN')).toEqual(made)
    const remove = () =>
      plane.api.deleteGatewayResponse({ restApiId, responseType: 'MISSING_AUTHENTICATION_TOKEN' })
    expect((await remove()).$metadata.httpStatusCode).toBe(202)
    expect(await get('MISSING_AUTHENTICATION_TOKEN')).toMatchObject({
      statusCode: '403',
      defaultResponse: true,
    })
    expect(await refusal(remove())).toBe('404 NotFoundException: Gateway response type not defined on api')
  })

  it('that are put again say only what the last put said', async () => {
    await put('UNAUTHORIZED', { statusCode: '404', responseParameters: PARAMETERS })
    expect(await put('UNAUTHORIZED', { responseTemplates: { 'text/x': 'x' } })).toMatchObject({
      statusCode: '401',
      responseParameters: {},
      responseTemplates: { 'text/x': 'x' },
    })
  })

  it('of a class of statuses show in the types that have none', async () => {
    await put('DEFAULT_5XX', { statusCode: '599', responseParameters: { 'gatewayresponse.header.x': "'y'" } })
    await put('AUTHORIZER_FAILURE', { responseParameters: { 'gatewayresponse.header.foo': "'bar'" } })
    const responses = await all()
    expect(responses.INTEGRATION_FAILURE).toEqual({
      statusCode: '599',
      responseParameters: { 'gatewayresponse.header.x': "'y'" },
      responseTemplates: USUAL,
      defaultResponse: true,
    })
    expect(responses.AUTHORIZER_FAILURE).toMatchObject({
      statusCode: '500',
      responseParameters: { 'gatewayresponse.header.foo': "'bar'" },
      defaultResponse: false,
    })
    expect(responses.THROTTLED).toMatchObject({ statusCode: '429', responseParameters: {} })
  })

  it('are patched, also where nothing was put before', async () => {
    expect(await update('DEFAULT_4XX', ['replace', '/statusCode', '444'])).toMatchObject({
      statusCode: '444',
      responseParameters: {},
      responseTemplates: USUAL,
      defaultResponse: false,
    })
    await put('DEFAULT_4XX', { statusCode: '404', responseParameters: PARAMETERS, responseTemplates: USUAL })
    const ORIGIN = '/responseParameters/gatewayresponse.header.Access-Control-Allow-Origin'
    expect(
      await update(
        'DEFAULT_4XX',
        ['replace', '/statusCode', '444'],
        ['replace', ORIGIN, "'example.com'"],
        ['add', '/responseTemplates/application~1xml', '<x/>'],
      ),
    ).toMatchObject({
      statusCode: '444',
      responseParameters: {
        ...PARAMETERS,
        'gatewayresponse.header.Access-Control-Allow-Origin': "'example.com'",
      },
      responseTemplates: { ...USUAL, 'application/xml': '<x/>' },
    })
    const BAD = '400 BadRequestException: '
    for (const [type, operation, refused] of [
      ['DEFAULT_4XX', ['add', '/statusCode', '444'], `${BAD}Invalid patch path /statusCode`],
      ['DEFAULT_4XX', ['remove', '/statusCode'], `${BAD}Invalid patch path /statusCode`],
      ['DEFAULT_5XX', ['replace', ORIGIN, "'x'"], '404 NotFoundException: Invalid parameter name specified'],
      ['DEFAULT_4XX', ['add', undefined, 'x'], `${BAD}Invalid patch path null`],
      ['DEFAULT_4XX', ['add', '/wrongPath', 'x'], `${BAD}Invalid patch path /wrongPath`],
      [
        'DEFAULT_4XX',
        ['replace', '/responseTemplates/application~1xml'],
        `${BAD}Invalid null or empty value in responseTemplates`,
      ],
      ['DEFAULT_4XX', ['replace', ORIGIN], `${BAD}Invalid null or empty value in responseParameters`],
      ['DEFAULT_4XX', ['replace', '/statusCode', '99'], `${BAD}Invalid status code specified: 99`],
    ] as Array<[GatewayResponseType, Operation, string]>) {
      expect(await refusal(update(type, operation))).toBe(refused)
    }
  })

  it.each<[parameters: Record<string, string>, wrong: string]>([
    [
      { 'method.response.header.Access-Control-Allow-Origin': "'*'" },
      'method.response.header.Access-Control-Allow-Origin',
    ],
    [{ 'gatewayresponse.header.a': 'test-value' }, 'test-value'],
    [{ 'gatewayresponse.header.a': 'integration.response.header.b' }, 'integration.response.header.b'],
  ])('with the parameters %j are refused', async (responseParameters, wrong) => {
    expect(await refusal(put('THROTTLED', { responseParameters }))).toBe(
      `400 BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: ${wrong}]`,
    )
  })

  it('belong to an API and a type that there are', async () => {
    expect(await refusal(put('FAKE' as never, {}))).toMatch(
      /^400 ValidationException: 1 validation error detected: Value 'FAKE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: \[/,
    )
    restApiId = 'abcde0'
    const missing = `404 NotFoundException: Invalid API identifier specified ${plane.account}:abcde0`
    for (const call of [
      () => all(),
      () => get('DEFAULT_4XX'),
      () => put('DEFAULT_4XX', {}),
      () => update('DEFAULT_4XX'),
      () => plane.api.deleteGatewayResponse({ restApiId, responseType: 'DEFAULT_4XX' }),
    ]) {
      expect(await refusal(call())).toBe(missing)
    }
  })
})
