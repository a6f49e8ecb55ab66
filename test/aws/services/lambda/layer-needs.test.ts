import { expect, it } from 'vitest'
import { lambdaNeeds } from '../../../../src/aws/services/lambda/needs.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'

const LAYER = 'arn:aws:lambda:eu-central-1:000000000000:layer:tools:3'

const needs = async (operation: string, input: Parameters<typeof lambdaNeeds>[0]) =>
  (
    await lambdaNeeds(input, {
      operation,
      account: '000000000000',
      region: 'eu-central-1',
      identity: { arn: 'arn:aws:iam::000000000000:user/me' },
      platform: { records: () => undefined },
    } as unknown as Call<Platform>)
  ).map(({ action, resource, context }) => [action, resource, context])

it('asks for the permission to read a layer’s version, however it is named', async () => {
  const read = [['lambda:GetLayerVersion', LAYER, undefined]]
  expect(await needs('GetLayerVersionByArn', { Arn: LAYER })).toEqual(read)
  expect(await needs('GetLayerVersion', { LayerName: 'tools', VersionNumber: 3 })).toEqual(read)
})

it('asks whoever gives a function layers for the permission to read them', async () => {
  const fn = 'arn:aws:lambda:eu-central-1:000000000000:function:f'
  expect(await needs('UpdateFunctionConfiguration', { FunctionName: 'f', Layers: [LAYER] })).toEqual([
    ['lambda:UpdateFunctionConfiguration', fn, { 'lambda:Layer': [LAYER] }],
    ['lambda:GetLayerVersion', LAYER, undefined],
  ])
  expect(await needs('UpdateFunctionConfiguration', { FunctionName: 'f', Layers: [] })).toEqual([
    ['lambda:UpdateFunctionConfiguration', fn, undefined],
  ])
})

it.each(['arn:x:lambda:eu-central-1:000000000000:layer:tools:3', LAYER.replace(':3', ':0003')])(
  'asks for one permission, however a layer’s version is spelled: %s',
  async spelled => {
    expect(await needs('GetLayerVersionByArn', { Arn: spelled })).toEqual([
      ['lambda:GetLayerVersion', LAYER, undefined],
    ])
    expect(await needs('CreateFunction', { FunctionName: 'f', Layers: [spelled] })).toEqual([
      [
        'lambda:CreateFunction',
        'arn:aws:lambda:eu-central-1:000000000000:function:f',
        { 'lambda:Layer': [LAYER] },
      ],
      ['lambda:GetLayerVersion', LAYER, undefined],
    ])
  },
)
