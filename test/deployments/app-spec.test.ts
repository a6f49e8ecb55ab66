import { describe, expect, it } from 'vitest'
import { readAppSpec } from '../../src/deployments/app-spec.ts'

const YAML = `
version: 0.0
Resources:
  - orders:
      Type: AWS::Lambda::Function
      Properties:
        Name: orders
        Alias: live
        CurrentVersion: "3"
        TargetVersion: 4
Hooks:
  - BeforeAllowTraffic: check
  - AfterAllowTraffic: check-again
`

const ORDERS = { type: 'alias', function: 'orders', alias: 'live', current: '3', target: '4' }

const withResources = (...resources: object[]) =>
  JSON.stringify({
    version: 0,
    Resources: resources.map((resource, index) => ({ [`r${index}`]: resource })),
  })
const anAlias = (Name: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Name, Alias: 'live', TargetVersion: '2' },
})
const withWeir = (Weir: unknown) =>
  readAppSpec(JSON.stringify({ version: 0, Resources: [{ a: anAlias('a') }], Weir }))

describe('an AppSpec', () => {
  it('is read from YAML', () => {
    expect(readAppSpec(YAML)).toEqual({
      targets: [ORDERS],
      hooks: { BeforeAllowTraffic: 'check', AfterAllowTraffic: 'check-again' },
      options: { firingAlarms: 'stop' },
    })
  })

  it('is read from JSON, whatever the case of its sections', () => {
    const properties = { Name: 'orders', Alias: 'live', CurrentVersion: '3', TargetVersion: '4' }
    const json = {
      version: '0.0',
      resources: [{ orders: { Type: 'AWS::Lambda::Function', Properties: properties } }],
      hooks: [{ BeforeAllowTraffic: 'check' }],
    }
    expect(readAppSpec(JSON.stringify(json))).toMatchObject({
      targets: [ORDERS],
      hooks: { BeforeAllowTraffic: 'check' },
    })
  })

  it('may move stages beside aliases', () => {
    const stage = {
      Type: 'Weir::ApiGateway::Stage',
      Properties: {
        RestApiId: 'a1b2c3',
        StageName: 'prod',
        TargetDeployment: 'n5o6p7',
        StageVariableOverrides: { color: 'green', size: 4 },
        UseStageCache: true,
      },
    }
    expect(readAppSpec(withResources(anAlias('orders'), stage))).toMatchObject({
      targets: [
        { type: 'alias', function: 'orders' },
        {
          type: 'stage',
          restApi: 'a1b2c3',
          stage: 'prod',
          target: 'n5o6p7',
          variables: { color: 'green', size: '4' },
          useStageCache: true,
        },
      ],
    })
  })

  it.each([
    ['version must be 0.0', JSON.stringify({ version: 1, Resources: [] })],
    ['version must be 0.0', JSON.stringify({ Resources: [] })],
    ['at least one resource', JSON.stringify({ version: 0 })],
    ['orders:live twice', withResources(anAlias('orders'), anAlias('orders'))],
    ['more than 10', withResources(...Array.from({ length: 11 }, (_, n) => anAlias(`f${n}`)))],
    [
      'AWS::ECS::Service is not what Weir deploys',
      withResources({ Type: 'AWS::ECS::Service', Properties: {} }),
    ],
    ['Alias must be a text', withResources({ ...anAlias('a'), Properties: { Name: 'a', TargetVersion: 2 } })],
    ['AfterInstall is not a hook', YAML.replace('AfterAllowTraffic', 'AfterInstall')],
    ['no section Permissions', `${YAML}\nPermissions: []`],
    ['neither a YAML nor a JSON object', '- 1'],
    ['', 'version: [0'],
    ['keys must be unique', 'version: 0.0\nResources: []\nversion: 0.0'],
    ['more than 65536 characters', `${YAML}\n# ${'x'.repeat(65_536)}`],
    // What refers to itself ten times over, seven levels deep, would be ten million values.
    [
      'Excessive alias count',
      `a: &a [x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, n) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[n]}`).join(',')}]`).join('\n')}`,
    ],
  ])('is refused: %s', (sentence, content) => {
    expect(readAppSpec(content)).toEqual({ refused: expect.stringContaining(sentence) })
  })
})

describe('the section Weir', () => {
  it('says what CodeDeploy has no word for', () => {
    const section = {
      Comparison: { FalseAlarmRate: 0.05, Metrics: ['Errors'] },
      Sticky: [{ Header: 'X-User' }, { Cookie: 'session' }, { Identity: true }],
      Mirror: { Percent: 25, Minutes: 5 },
      Prewarm: 5,
      FiringAlarms: 'Compare',
    }
    expect(withWeir(section)).toMatchObject({
      options: {
        comparison: { falseAlarmRate: 0.05, metrics: ['errors'] },
        sticky: [{ by: 'header', name: 'x-user' }, { by: 'cookie', name: 'session' }, { by: 'identity' }],
        mirror: { share: 0.25, minutes: 5 },
        prewarm: 5,
        firingAlarms: 'compare',
      },
    })
    expect(withWeir({ Comparison: { Enabled: false } })).toMatchObject({ options: { comparison: false } })
    expect(withWeir({ Comparison: {} })).toMatchObject({
      options: { comparison: { falseAlarmRate: 0.01, metrics: ['errors', 'latency'] } },
    })
  })

  it.each([
    ['Weir has no Stikcy', { Stikcy: [] }],
    ['FalseAlarmRate must be a number from 0.0001 to 0.2', { Comparison: { FalseAlarmRate: 0.5 } }],
    ['must be a list of Errors and Latency', { Comparison: { Metrics: ['Money'] } }],
    ['Weir.Sticky[0] must have one member', { Sticky: [{ Header: 'a', Cookie: 'b' }] }],
    ['Weir.Mirror.Minutes must be', { Mirror: { Percent: 10 } }],
    ['Weir.Prewarm must be a whole number', { Prewarm: 1.5 }],
    ['FiringAlarms must be Stop or Compare', { FiringAlarms: 'Ignore' }],
  ])('is refused: %s', (sentence, section) => {
    expect(withWeir(section)).toEqual({ refused: expect.stringContaining(sentence) })
  })
})
