import { expect, it } from 'vitest'
import { codedeployNeeds } from '../../../../src/aws/services/codedeploy/needs.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'

const ROLE = 'arn:aws:iam::111122223333:role/deploy'
const arn = (resource: string) => `arn:aws:codedeploy:eu-west-1:111122223333:${resource}`

async function needsOf(operation: string, input: object) {
  const call = {
    operation,
    account: '111122223333',
    region: 'eu-west-1',
    platform: { records: () => ({}), clock: () => 0 },
  } as unknown as Call<Platform>
  const needs = await codedeployNeeds(input, call)
  return needs.map(({ action, resource }) => `${action} ${resource}`)
}

const group = { applicationName: 'shop', deploymentGroupName: 'orders' }

it.each([
  ['CreateApplication', { applicationName: 'shop' }, [arn('application:shop')]],
  ['ListApplications', {}, ['*']],
  ['BatchGetApplications', { applicationNames: ['a', 'b'] }, [arn('application:a'), arn('application:b')]],
  ['GetDeploymentGroup', group, [arn('deploymentgroup:shop/orders')]],
  ['CreateDeployment', { ...group, deploymentConfigName: 'x' }, [arn('deploymentgroup:shop/orders')]],
  ['ListDeploymentGroups', { applicationName: 'shop' }, [arn('application:shop')]],
  ['GetDeploymentConfig', { deploymentConfigName: 'mine' }, [arn('deploymentconfig:mine')]],
  ['TagResource', { ResourceArn: arn('application:shop') }, [arn('application:shop')]],
])('%s asks for its own name on what it names', async (operation, input, resources) => {
  expect(await needsOf(operation, input)).toEqual(
    resources.map(resource => `codedeploy:${operation} ${resource}`),
  )
})

it('asks for the role that a group is given to be passed, and for tags to be set', async () => {
  const input = { ...group, serviceRoleArn: ROLE, tags: [{ Key: 'a', Value: 'b' }] }
  expect(await needsOf('CreateDeploymentGroup', input)).toEqual([
    `codedeploy:CreateDeploymentGroup ${arn('deploymentgroup:shop/orders')}`,
    `iam:PassRole ${ROLE}`,
    `codedeploy:TagResource ${arn('deploymentgroup:shop/orders')}`,
  ])
})
