import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SnapshotIntegration } from '../../../src/gateway/snapshot.ts'
import { answered, fakeApi, functionUri, method, resource, snapshot } from '../fake-gateway.ts'

const words = fc.constantFrom(
  "$input.json('$')",
  "$input.path('$.a')",
  "$input.path('$..a').size()",
  "$input.params('id')",
  '$input.params()',
  '$input.body',
  '$util.parseJson($input.body)',
  '$util.escapeJavaScript($input.body)',
  '$util.base64Decode($input.body)',
  '$util.urlDecode($input.body)',
  '$context.requestId',
  '#set($context.requestOverride.header.x = $input.body)',
  '#set($context.responseOverride.header.y = $input.body)',
  '#set($context.responseOverride.status = $input.body)',
  '#set($context.responseOverride = $input.body)',
  '#set($context.identity = 1)',
  '#set($context.requestOverride.path = [1])',
  "#foreach($k in $input.path('$').keySet())$k=$input.path('$').get($k)#end",
  '#if($input.body.length() > 3){"a": 1}#else{}#end',
  '{"statusCode": 200}',
)
const template = fc.array(words, { maxLength: 4 }).map(parts => parts.join(''))
const expression = fc.constantFrom(
  "'static'",
  'method.request.body.a',
  'method.request.body',
  'method.request.header.x',
  'method.request.multivalueheader.x',
  'method.request.multivaluequerystring.q',
  'integration.response.body.a[0]',
  'integration.response.multivalueheader.x',
  'context.identity.sourceIp',
  'context.authorizer.x.y',
  'stageVariables.none',
  'nonsense',
)

const integration: fc.Arbitrary<SnapshotIntegration> = fc.record({
  type: fc.constantFrom('AWS', 'MOCK'),
  uri: fc.constant(functionUri('echo')),
  passthroughBehavior: fc.constantFrom('WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'),
  timeoutMs: fc.constant(1000),
  requestTemplates: fc.dictionary(fc.constantFrom('application/json', 'text/plain', '$default'), template),
  requestParameters: fc.dictionary(
    fc.constantFrom('integration.request.header.a', 'integration.request.querystring.b'),
    expression,
  ),
  contentHandling: fc.constantFrom('CONVERT_TO_BINARY', 'CONVERT_TO_TEXT', undefined),
  responses: fc.array(
    fc.record({
      statusCode: fc.constantFrom('200', '404', '500'),
      selectionPattern: fc.constantFrom(undefined, '', '4..', '.*', '(', '\\d+'),
      parameters: fc.dictionary(
        fc.constantFrom('method.response.header.X', 'method.response.header.Content-Type'),
        expression,
      ),
      templates: fc.dictionary(fc.constantFrom('application/json', 'image/png'), template),
      contentHandling: fc.constantFrom('CONVERT_TO_BINARY', 'CONVERT_TO_TEXT', undefined),
    }),
    { maxLength: 3 },
  ),
}) as fc.Arbitrary<SnapshotIntegration>

test('no integration, no request and no answer make the gateway fail unexpectedly', async () => {
  await fc.assert(
    fc.asyncProperty(
      integration,
      fc.oneof(fc.json(), fc.string(), fc.constant('{"a": ['), fc.constant('[[[[')),
      fc.constantFrom('application/json', 'text/plain', 'image/png', ''),
      fc.constantFrom('application/json', 'image/png', '*/*'),
      fc.constantFrom<string[]>([], ['image/png'], ['*/*']),
      fc.oneof(fc.json(), fc.string()),
      async (mapped, body, contentType, accept, binaryMediaTypes, payload) => {
        const api = fakeApi({
          snapshot: snapshot([resource('/x/{id}', { POST: method({ integration: mapped }) })], {
            binaryMediaTypes,
          }),
          invoke: () => answered(payload),
        })
        const headers = { 'content-type': contentType, accept, x: 'y' }
        const response = await api.send('/prod/x/1?q=1&q=2', { method: 'POST', body, headers })
        await response.arrayBuffer()
        expect(api.reported).toEqual([])
      },
    ),
    { numRuns: 500 },
  )
})
