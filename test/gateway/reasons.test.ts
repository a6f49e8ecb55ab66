// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how URIs write variables
import { describe, expect, test } from 'vitest'
import type { InvocationResult } from '../../src/functions/invocation.ts'
import type { LogLine } from '../../src/gateway/logs/log-sink.ts'
import type { SnapshotIntegration, SnapshotMethod } from '../../src/gateway/snapshot.ts'
import {
  API_ID,
  answered,
  type FakeOptions,
  fakeApi,
  functionProxy,
  method,
  resource,
  snapshot,
} from './fake-gateway.ts'

const JSON_TYPE = 'application/json'
const guard = {
  name: 'guard',
  type: 'TOKEN',
  uri: functionProxy().uri!,
  identitySource: 'method.request.header.Authorization',
  ttlSeconds: 0,
} as const

/** What the execution log of a request says went wrong, and what the client is told. */
async function failure(over: Partial<SnapshotMethod>, invoke?: FakeOptions['invoke'], init?: RequestInit) {
  const lines: LogLine[] = []
  const deferred: Promise<unknown>[] = []
  const { send } = fakeApi({
    snapshot: snapshot([resource('/', { ANY: method(over) })], { authorizers: { guard } }),
    pointer: { settings: { '*/*': { loggingLevel: 'ERROR' } } },
    invoke,
    parts: { logs: { write: line => lines.push(line) }, defer: work => deferred.push(work) },
  })
  const response = await send('/prod/', init)
  const text = await response.text()
  await Promise.all(deferred)
  const told = lines.map(({ message }) => message.replace(/^\(\S+\) /, ''))
  return { answer: `${response.status} ${text}`, reason: told.find(line => line.includes(' failed due to ')) }
}

const integration = (over: Partial<SnapshotIntegration>) => ({ integration: functionProxy(over) })
const mock = (template: string, over: Partial<SnapshotIntegration> = {}) =>
  integration({
    type: 'MOCK',
    requestTemplates: { [JSON_TYPE]: template },
    responses: [{ statusCode: '200' }],
    ...over,
  })

const SILENT = '500 {"message":"Internal server error"}'

describe('in development, the terminal says', () => {
  async function told(
    pointer: FakeOptions['pointer'],
    over: Partial<SnapshotMethod>,
    tellsMistakes = true,
    result: InvocationResult = { kind: 'refused', reason: 'not-permitted', message: 'no' },
  ) {
    const lines: LogLine[] = []
    const { send } = fakeApi({
      snapshot: snapshot([resource('/pets', { GET: method(over) })]),
      pointer,
      invoke: () => result,
      parts: { logs: { write: line => lines.push(line) }, tellsMistakes },
    })
    await send('/prod/pets')
    return lines.map(({ destination, message }) => `${destination} ${message.replace(/^\(\S+\) /, '')}`)
  }

  test('why a stage without logs answers 500', async () => {
    expect(await told({}, {})).toEqual([
      `API-Gateway-Execution-Logs_${API_ID}/prod GET /pets got 500: Invalid permissions on Lambda function: no`,
    ])
  })

  test('what a function failed of', async () => {
    const failed = {
      ...answered({ errorMessage: 'too large' }),
      functionError: 'Unhandled',
    } as InvocationResult
    expect(await told({}, {}, true, failed)).toEqual([
      expect.stringMatching(/GET \/pets got 502: The function failed: too large$/),
    ])
  })

  test('nothing of refusals that are nobody’s mistake, and nothing elsewhere', async () => {
    expect(await told({}, { apiKeyRequired: true })).toEqual([])
    expect(await told({}, {}, false)).toEqual([])
  })
})

describe('an execution log says which mistake it was, and the client hears nothing of it', () => {
  test.each<[string, Partial<SnapshotMethod>, string]>([
    ['a method without an integration', { integration: undefined }, 'No integration defined for method'],
    ['a template that is none', mock('#if($x'), 'Unable to transform request: '],
    [
      'a mock without a status',
      mock('{"status": 200}'),
      'Unable to parse statusCode. It should be an integer which is defined in request template.',
    ],
    [
      'an outcome that no response is for',
      mock('{"statusCode": 404}', { responses: [{ statusCode: '200', selectionPattern: '2..' }] }),
      'No match for output mapping and no default output mapping configured. Endpoint response: 404',
    ],
    [
      'a response template that is none',
      mock('{"statusCode": 200}', {
        responses: [{ statusCode: '200', templates: { [JSON_TYPE]: '#foreach(' } }],
      }),
      'Unable to transform response: ',
    ],
    ['a function that is called with GET', integration({ httpMethod: 'GET' }), 'Functions are invoked with '],
    [
      'a URI without the variable that names its host',
      integration({ type: 'HTTP_PROXY', httpMethod: 'GET', uri: 'https://${stageVariables.host}/' }),
      'Invalid endpoint address: https://${stageVariables.host}/',
    ],
    [
      'a VPC link that there is not',
      integration({
        type: 'HTTP',
        uri: 'http://a.internal/',
        connectionType: 'VPC_LINK',
        connectionId: 'nope',
      }),
      'Invalid VPC link: ',
    ],
    [
      'a service without a role',
      integration({ type: 'AWS', uri: 'arn:aws:apigateway:us-east-1:sts:action/GetCallerIdentity' }),
      'The integration needs the ARN of a role',
    ],
  ])('%s', async (_, over, reason) => {
    const seen = await failure(over)
    expect(seen.answer).toBe(SILENT)
    expect(seen.reason).toContain(`Execution failed due to configuration error: ${reason}`)
  })

  test('an authorizer that may not be called, and one that fails', async () => {
    const guarded = { authorizationType: 'CUSTOM', authorizerId: 'guard' } as const
    const refused: InvocationResult = { kind: 'refused', reason: 'not-permitted', message: 'not allowed' }
    const asked = { headers: { authorization: 'a-token-of-some-length' } }
    expect(await failure(guarded, () => refused, asked)).toEqual({
      answer: '500 {"message":null}',
      reason:
        'Execution failed due to configuration error: Invalid permissions on Lambda function: not allowed',
    })
    expect(await failure(guarded, () => answered({ principalId: 'a' }), asked)).toMatchObject({
      reason: expect.stringContaining('Execution failed due to configuration error: '),
    })
    const late: InvocationResult = { kind: 'refused', reason: 'throttled', message: 'Rate exceeded' }
    expect(await failure(guarded, () => late, asked)).toEqual({
      answer: '500 {"message":null}',
      reason: 'Execution failed due to an authorizer error: Rate exceeded',
    })
  })
})
