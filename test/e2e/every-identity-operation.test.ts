import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { iam } from './every-identity-operation/iam.ts'
import { kms } from './every-identity-operation/kms.ts'
import { EVERY_OPERATION } from './every-identity-operation/operations.ts'
import { pools, poolsEnd } from './every-identity-operation/pools.ts'
import { sts } from './every-identity-operation/sts.ts'
import { users } from './every-identity-operation/users.ts'
import { newWorld, type World } from './every-identity-operation/world.ts'
import { borrowWeir } from './server.ts'

/**
 * One after the other, each on what those before it left behind, and each by what it changes, not by what it answers.
 */
describe('every operation', () => {
  let world: World

  beforeAll(async () => {
    world = newWorld(await borrowWeir())
  })
  afterAll(() => world?.weir[Symbol.asyncDispose]())

  for (const [service, steps] of Object.entries({ kms, iam, pools, users, sts, poolsEnd })) {
    describe(service, () => {
      test.each(Object.keys(steps))('%s', operation => steps[operation]!(world))
    })
  }

  test('is called and answered: none is left out', () => {
    expect(EVERY_OPERATION).toHaveLength(25 + 4 + 47 + 5)
    expect(EVERY_OPERATION.filter(operation => !world.called.has(operation))).toEqual([])
  })
})
