import { APIGateway } from '@aws-sdk/client-api-gateway'
import { Lambda } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { access } from './every-apigateway-operation/access.ts'
import { apis } from './every-apigateway-operation/apis.ts'
import { documents } from './every-apigateway-operation/documents.ts'
import { stages } from './every-apigateway-operation/stages.ts'
import type { World } from './every-apigateway-operation/world.ts'
import { borrowWeir } from './server.ts'

/**
 * One after the other, each on what those before it left behind, and each by what it changes, not by what it answers.
 */
describe('every operation', () => {
  let world: World

  beforeAll(async () => {
    const weir = await borrowWeir()
    world = { weir, gateway: new APIGateway(weir.sdk), lambda: new Lambda(weir.sdk), made: {} }
  })
  afterAll(() => world.weir[Symbol.asyncDispose]())

  for (const steps of [apis, stages, access, documents]) {
    test.each(Object.keys(steps))('%s', operation => steps[operation]!(world))
  }
})
