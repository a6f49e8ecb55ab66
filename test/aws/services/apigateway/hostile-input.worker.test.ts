import { beforeAll, expect, it } from 'vitest'
import { apigatewayService } from '../../../../src/aws/services/apigateway/model.ts'
import { type ControlPlane, controlPlane } from './control-plane.ts'

let plane: ControlPlane
beforeAll(async () => {
  plane = await controlPlane()
})

const OPERATIONS = Object.keys(apigatewayService().handlers)

const HOSTILE = [
  '\0',
  '%',
  '%00',
  '..',
  "'; DROP TABLE resources; --",
  '__proto__',
  'constructor',
  '💧'.repeat(300),
  'x'.repeat(3000),
  '{',
  '*',
  ' ',
]

const LABELS = [
  'restApiId',
  'resourceId',
  'parentId',
  'httpMethod',
  'deploymentId',
  'stageName',
  'apiKey',
  'usagePlanId',
  'keyId',
  'resourceArn',
  'authorizerId',
  'requestValidatorId',
  'modelName',
  'responseType',
  'documentationPartId',
  'documentationVersion',
  'exportType',
  'domainName',
  'basePath',
  'vpcLinkId',
  'sdkType',
  'id',
]

/** Everything that operations ask for, so that the hostile part is what they meet. */
const input = (hostile: string) => ({
  ...Object.fromEntries(LABELS.map(label => [label, hostile])),
  statusCode: '200',
  name: hostile,
  pathPart: hostile,
  authorizationType: hostile,
  type: 'MOCK',
  keyType: hostile,
  startDate: hostile,
  endDate: hostile,
  position: hostile,
  nameQuery: hostile,
  tags: { [hostile]: hostile },
  tagKeys: [hostile],
  variables: { [hostile]: hostile },
  format: 'csv',
  body: new TextEncoder().encode(hostile),
  patchOperations: [
    { op: 'replace', path: hostile, value: hostile },
    { op: 'add', path: `/${hostile}/${hostile}`, value: hostile },
  ],
})

it.each(OPERATIONS)('%s answers hostile input without failing', async operation => {
  const method = (operation[0]!.toLowerCase() + operation.slice(1)) as 'getRestApi'
  for (const hostile of HOSTILE) {
    try {
      await plane.api[method](input(hostile) as never)
    } catch (error) {
      const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
      const status = $metadata?.httpStatusCode
      expect([status !== undefined && status < 500, `${status} ${name}: ${message}`]).toEqual([
        true,
        expect.any(String),
      ])
    }
  }
})
