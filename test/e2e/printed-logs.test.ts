// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how URIs write variables
import { APIGateway } from '@aws-sdk/client-api-gateway'
import { Lambda } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { zip } from './acceptance/functions.ts'
import { startWeir, type WeirServer } from './server.ts'

let weir: WeirServer

beforeAll(async () => {
  weir = await startWeir({ vars: { WEIR_PRINT_LOGS: '1' } })
})
afterAll(() => weir[Symbol.asyncDispose]())

test('shows in the terminal what a function logs and why it fails', async () => {
  const lambda = new Lambda(weir.sdk)
  await lambda.createFunction({
    FunctionName: 'pets',
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: 'arn:aws:iam::000000000000:role/pets',
    Code: {
      ZipFile: zip({
        'index.js':
          "exports.handler = async () => { console.log('feeding'); throw new Error('no food left') }",
      }),
    },
  })
  await lambda.invoke({ FunctionName: 'pets' })
  await vi.waitFor(() => expect(weir.output()).toMatch(/^pets \| .* INFO feeding$/m), { timeout: 10_000 })
  await vi.waitFor(() => expect(weir.output()).toMatch(/^pets \| .*no food left/m), { timeout: 10_000 })
})

test('shows the logs of a stage, and without them why it answers 500', async () => {
  const gateway = new APIGateway(weir.sdk)
  const { id: restApiId, rootResourceId: resourceId } = await gateway.createRestApi({ name: 'logged' })
  const root = { restApiId, resourceId, httpMethod: 'GET' }
  await gateway.putMethod({ ...root, authorizationType: 'NONE' })
  await gateway.putIntegration({
    ...root,
    type: 'HTTP',
    integrationHttpMethod: 'GET',
    uri: 'http://${stageVariables.to}/',
  })
  await gateway.createDeployment({ restApiId, stageName: 'prod' })
  const stage = `${restApiId}/prod`
  const call = () => fetch(`${weir.url}/_aws/execute-api/${stage}/`)
  const shown = (line: string) =>
    vi.waitFor(() => expect(weir.output()).toContain(line), { timeout: 10_000, interval: 200 })

  expect((await call()).status).toBe(500)
  await shown(' GET / got 500: Invalid endpoint address: http://${stageVariables.to}/')
  expect(weir.output()).toMatch(new RegExp(`^${stage} \\| \\([0-9a-f-]+\\) GET / got 500`, 'm'))

  const patches = {
    '/accessLogSettings/destinationArn': 'arn:aws:logs:us-east-1:000000000000:log-group:/apis/logged',
    '/accessLogSettings/format': '$context.requestId $context.httpMethod',
    '/*/*/logging/loglevel': 'INFO',
  }
  await gateway.updateStage({
    restApiId,
    stageName: 'prod',
    patchOperations: Object.entries(patches).map(([path, value]) => ({ op: 'replace', path, value })),
  })
  await vi.waitFor(
    async () => {
      await call()
      expect(weir.output()).toMatch(/^\/apis\/logged \| [0-9a-f-]+ GET$/m)
    },
    { timeout: 10_000, interval: 500 },
  )
  await shown('Execution failed due to configuration error: Invalid endpoint address')
})
