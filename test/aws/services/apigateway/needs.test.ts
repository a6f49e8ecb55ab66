import { expect, test } from 'vitest'
import { apigatewayNeeds } from '../../../../src/aws/services/apigateway/needs.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'

test("the permissions of API Gateway are its API's methods and paths", () => {
  const call = { region: 'eu-west-1', account: '111122223333', operation: 'UpdateStage' } as Call<Platform>
  const sent = { method: 'PATCH', rawPath: '/restapis/abc/stages/prod', headers: new Headers() }
  expect(apigatewayNeeds({}, call, sent)).toEqual([
    { action: 'apigateway:PATCH', resource: 'arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod' },
  ])
})
