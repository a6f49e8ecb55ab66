import { XRay } from '@aws-sdk/client-xray'
import { beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../../../src/records/migrate.ts'
import { clientOptions, env } from '../../../whole-weir.ts'

// A region of its own: other files have traces, too.
const client = new XRay(clientOptions('eu-south-2'))

const now = Math.floor(Date.now() / 1000)
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0')
const traceId = (number: number) => `1-${hex(now - 60, 8)}-${hex(number, 24)}`

interface Made {
  readonly trace: string
  readonly id: string
  readonly name: string
  readonly parent?: string
  readonly more?: Record<string, unknown>
  readonly took?: number
}

const segment = ({ trace, id, name, parent, more, took = 0.2 }: Made): string =>
  JSON.stringify({
    trace_id: trace,
    id,
    name,
    ...(parent && { parent_id: parent }),
    start_time: now - 60,
    end_time: now - 60 + took,
    ...more,
  })

/** A request of an API that calls a function, which asks a service that sends no segments. */
const shop = traceId(1)
const API = { origin: 'AWS::ApiGateway::Stage' }
const FUNCTION = { origin: 'AWS::Lambda::Function' }

beforeAll(async () => {
  await migrate(env.DB)
  const { UnprocessedTraceSegments } = await client.putTraceSegments({
    TraceSegmentDocuments: [
      segment({
        trace: shop,
        id: 'a000000000000001',
        name: 'shop/prod',
        took: 0.9,
        more: {
          ...API,
          fault: true,
          http: {
            request: { method: 'GET', url: 'https://shop.test/prod/pets', client_ip: '203.0.113.5' },
            response: { status: 502 },
          },
          subsegments: [
            {
              id: 'a000000000000002',
              name: 'Lambda',
              namespace: 'aws',
              start_time: now - 60,
              end_time: now - 59.3,
              fault: true,
            },
          ],
        },
      }),
      segment({
        trace: shop,
        id: 'b000000000000001',
        name: 'pets',
        parent: 'a000000000000002',
        took: 0.7,
        more: {
          ...FUNCTION,
          fault: true,
          annotations: { shelf: 'north', tries: 3, cold: true },
          cause: { exceptions: [{ id: 'c000000000000001', type: 'TypeError', message: 'no such pet' }] },
          subsegments: [
            {
              id: 'b000000000000002',
              name: 'bank.test',
              namespace: 'remote',
              start_time: now - 59.9,
              end_time: now - 59.5,
            },
          ],
        },
      }),
      segment({
        trace: traceId(2),
        id: 'd000000000000001',
        name: 'shop/prod',
        more: { ...API, http: { response: { status: 200 } } },
      }),
    ],
  })
  expect(UnprocessedTraceSegments).toEqual([])
})

const found = async (FilterExpression?: string): Promise<string[]> => {
  const { TraceSummaries } = await client.getTraceSummaries({
    StartTime: new Date((now - 120) * 1000),
    EndTime: new Date(now * 1000),
    FilterExpression,
  })
  return TraceSummaries!.map(({ Id }) => Id!).sort()
}

describe('traces', () => {
  it('are read again as they were sent', async () => {
    const { Traces } = await client.batchGetTraces({ TraceIds: [shop, traceId(999)] })
    expect(Traces).toHaveLength(1)
    const [trace] = Traces!
    expect(trace).toMatchObject({ Id: shop, LimitExceeded: false })
    expect(trace!.Duration).toBeCloseTo(0.9, 3)
    const documents = trace!.Segments!.map(({ Document }) => JSON.parse(Document!))
    expect(documents.map(({ id }) => id).sort()).toEqual(['a000000000000001', 'b000000000000001'])
    expect(documents.find(({ name }) => name === 'pets').annotations).toEqual({
      shelf: 'north',
      tries: 3,
      cold: true,
    })
  })

  it('are summarised by what began them, and say what went wrong where', async () => {
    const { TraceSummaries } = await client.getTraceSummaries({
      StartTime: new Date((now - 120) * 1000),
      EndTime: new Date(now * 1000),
      FilterExpression: 'fault',
    })
    const [summary] = TraceSummaries!
    expect(summary).toMatchObject({
      Id: shop,
      HasFault: true,
      HasError: false,
      IsPartial: false,
      ResponseTime: 0.9,
      Http: {
        HttpURL: 'https://shop.test/prod/pets',
        HttpStatus: 502,
        HttpMethod: 'GET',
        ClientIp: '203.0.113.5',
      },
      EntryPoint: { Name: 'shop/prod', Type: 'AWS::ApiGateway::Stage' },
      Annotations: {
        shelf: [{ AnnotationValue: { StringValue: 'north' } }],
        tries: [{ AnnotationValue: { NumberValue: 3 } }],
        cold: [{ AnnotationValue: { BooleanValue: true } }],
      },
    })
    const [cause] = summary!.FaultRootCauses!
    expect(cause!.ClientImpacting).toBe(true)
    expect(cause!.Services!.map(({ Name }) => Name)).toEqual(['shop/prod', 'pets'])
    expect(cause!.Services!.at(-1)!.EntityPath![0]!.Exceptions).toEqual([
      { Name: 'TypeError', Message: 'no such pet' },
    ])
  })

  it.each([
    ['', [shop, traceId(2)]],
    ['ok', [traceId(2)]],
    ['http.status = 502 OR responsetime > 5', [shop]],
    ['responsetime >= 0.5 AND responsetime < 1', [shop]],
    ['annotation.shelf = "north" AND annotation.tries > 2', [shop]],
    ['annotation[cold] = true', [shop]],
    ['!fault', [traceId(2)]],
    ['NOT (http.url CONTAINS "pets")', [traceId(2)]],
    ['service("pets") { fault }', [shop]],
    ['service(id(name: "shop/prod", type: "AWS::ApiGateway::Stage")) { ok }', [traceId(2)]],
    ['edge("shop/prod", "pets") { duration > 0.5 }', [shop]],
    ['edge("pets", "bank.test")', [shop]],
    ['message BEGINSWITH "no such"', [shop]],
  ])('are found by %j', async (expression, expected) => {
    expect(await found(expression)).toEqual(expected)
  })

  it.each(['fault AND', 'http.status = "500"', 'colour = "red"', 'service("pets" { ok }', '"'])(
    'refuse the expression %j',
    async expression => {
      await expect(found(expression)).rejects.toMatchObject({ name: 'InvalidRequestException' })
    },
  )

  it('that W3C has named are found by either name', async () => {
    const w3c = 'ffee0000111122223333444455556666'
    await client.putTraceSegments({
      TraceSegmentDocuments: [segment({ trace: w3c, id: 'e000000000000001', name: 'foreign' })],
    })
    const xray = `1-${w3c.slice(0, 8)}-${w3c.slice(8)}`
    for (const id of [w3c, xray]) {
      const { Traces } = await client.batchGetTraces({ TraceIds: [id] })
      expect(Traces!.map(({ Id }) => Id)).toEqual([id])
    }
    expect(await found('service("foreign")')).toEqual([xray])
  })

  it('take a segment that is sent again in place of the one in progress', async () => {
    const trace = traceId(3)
    const begun = { trace_id: trace, id: 'f000000000000001', name: 'slow', start_time: now - 50 }
    await client.putTraceSegments({
      TraceSegmentDocuments: [JSON.stringify({ ...begun, in_progress: true })],
    })
    expect(await found('partial')).toEqual([trace])
    await client.putTraceSegments({
      TraceSegmentDocuments: [JSON.stringify({ ...begun, end_time: now - 49 })],
    })
    expect(await found('partial')).toEqual([])
  })

  it('say of each document that is no segment why', async () => {
    const good = segment({ trace: traceId(4), id: '1000000000000004', name: 'good' })
    const { UnprocessedTraceSegments } = await client.putTraceSegments({
      TraceSegmentDocuments: [
        'no JSON',
        `{"subsegments":${'[{"subsegments":'.repeat(3000)}[]${'}]'.repeat(3000)}}`,
        segment({ trace: 'nonsense', id: '1000000000000001', name: 'x' }),
        segment({ trace: traceId(4), id: 'short', name: 'x' }),
        segment({ trace: traceId(4), id: '1000000000000003', name: 'a<b' }),
        good,
      ],
    })
    expect(UnprocessedTraceSegments!.map(({ Id, ErrorCode }) => [Id, ErrorCode])).toEqual([
      [undefined, 'ParseError'],
      [undefined, 'ParseError'],
      ['1000000000000001', 'InvalidTraceId'],
      [undefined, 'InvalidId'],
      ['1000000000000003', 'InvalidName'],
    ])
    expect(await found('service("good")')).toEqual([traceId(4)])
  })

  it('are drawn as a graph of who calls whom', async () => {
    const { Services } = await client.getTraceGraph({ TraceIds: [shop] })
    const named = new Map(Services!.map(service => [service.ReferenceId, `${service.Name} ${service.Type}`]))
    const edges = Services!.flatMap(({ Name, Type, Edges }) =>
      Edges!.map(({ ReferenceId }) => `${Name} ${Type} -> ${named.get(ReferenceId)}`),
    )
    expect(edges.sort()).toEqual([
      'pets AWS::Lambda::Function -> bank.test remote',
      'shop/prod AWS::ApiGateway::Stage -> pets AWS::Lambda::Function',
      'shop/prod client -> shop/prod AWS::ApiGateway::Stage',
    ])
    const graph = await client.getServiceGraph({
      StartTime: new Date((now - 120) * 1000),
      EndTime: new Date(now * 1000),
    })
    const api = graph.Services!.find(({ Name, Type }) => Name === 'shop/prod' && Type !== 'client')
    expect(api!.SummaryStatistics).toMatchObject({
      OkCount: 1,
      TotalCount: 2,
      FaultStatistics: { TotalCount: 1 },
    })
  })
})

describe('sampling rules', () => {
  const rule = {
    RuleName: 'checkout',
    ResourceARN: '*',
    Priority: 10,
    FixedRate: 0.5,
    ReservoirSize: 5,
    ServiceName: 'shop*',
    ServiceType: '*',
    Host: '*',
    HTTPMethod: 'POST',
    URLPath: '/prod/checkout',
    Version: 1,
  }

  it('are the default alone until others are made, changed and deleted', async () => {
    const names = async () =>
      (await client.getSamplingRules({})).SamplingRuleRecords!.map(
        ({ SamplingRule }) => SamplingRule!.RuleName,
      )
    expect(await names()).toEqual(['Default'])
    await client.createSamplingRule({ SamplingRule: rule })
    expect(await names()).toEqual(['checkout', 'Default'])
    await expect(client.createSamplingRule({ SamplingRule: rule })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    })
    const { SamplingRuleRecord } = await client.updateSamplingRule({
      SamplingRuleUpdate: { RuleName: 'checkout', FixedRate: 0.25 },
    })
    expect(SamplingRuleRecord!.SamplingRule).toMatchObject({ FixedRate: 0.25, ReservoirSize: 5 })

    const statistics = (ClientID: string) => ({
      RuleName: 'checkout',
      ClientID,
      Timestamp: new Date(),
      RequestCount: 20,
      SampledCount: 4,
      BorrowCount: 1,
    })
    const quotaOf = async (client_: string) => {
      const { SamplingTargetDocuments } = await client.getSamplingTargets({
        SamplingStatisticsDocuments: [statistics(client_)],
      })
      return SamplingTargetDocuments![0]
    }
    expect(await quotaOf('1'.repeat(24))).toMatchObject({ FixedRate: 0.25, ReservoirQuota: 5 })
    const second = await quotaOf('2'.repeat(24))
    const first = await quotaOf('1'.repeat(24))
    expect(first!.ReservoirQuota! + second!.ReservoirQuota!).toBe(5)
    const unknown = await client.getSamplingTargets({
      SamplingStatisticsDocuments: [{ ...statistics('3'.repeat(24)), RuleName: 'nothing' }],
    })
    expect(unknown.UnprocessedStatistics).toMatchObject([{ RuleName: 'nothing' }])

    // Spelled otherwise than policies that forbid it would.
    const { RuleARN } = SamplingRuleRecord!.SamplingRule!
    await expect(
      client.deleteSamplingRule({ RuleARN: RuleARN!.replace(/xray:[^:]+/, 'xray:us-west-1') }),
    ).rejects.toThrow('does not exist')
    await client.deleteSamplingRule({ RuleName: 'checkout' })
    expect(await names()).toEqual(['Default'])
  })
})

it('takes what daemons say of themselves', async () => {
  await client.putTelemetryRecords({
    TelemetryRecords: [{ Timestamp: new Date(), SegmentsReceivedCount: 3 }],
  })
})
