import { expect } from 'vitest'
import { minutesAgo, type Steps } from './world.ts'

const now = Math.floor(Date.now() / 1000)
const trace = `1-${now.toString(16)}-00000000000000000000e2e0`

/** Segments as a program sends them. */
export const traces: Steps = {
  async PutTraceSegments({ xray }) {
    const { UnprocessedTraceSegments } = await xray.putTraceSegments({
      TraceSegmentDocuments: [
        JSON.stringify({
          trace_id: trace,
          id: '00000000000000a1',
          name: 'till',
          start_time: now - 1,
          end_time: now,
          fault: true,
        }),
        JSON.stringify({
          trace_id: trace,
          id: '00000000000000a2',
          name: 'bank',
          parent_id: '00000000000000a1',
          start_time: now - 0.8,
          end_time: now - 0.2,
        }),
      ],
    })
    expect(UnprocessedTraceSegments).toEqual([])
  },
  async GetTraceSummaries({ xray }) {
    const { TraceSummaries } = await xray.getTraceSummaries({
      StartTime: minutesAgo(5),
      EndTime: new Date(Date.now() + 1_000),
      FilterExpression: 'service("till") { fault } AND duration >= 1',
    })
    expect(TraceSummaries).toMatchObject([{ Id: trace, HasFault: true, EntryPoint: { Name: 'till' } }])
  },
  async BatchGetTraces({ xray }) {
    const { Traces } = await xray.batchGetTraces({ TraceIds: [trace] })
    expect(Traces![0]!.Segments!.map(({ Id }) => Id).sort()).toEqual(['00000000000000a1', '00000000000000a2'])
  },
  async GetServiceGraph({ xray }) {
    const { Services } = await xray.getServiceGraph({
      StartTime: minutesAgo(5),
      EndTime: new Date(Date.now() + 1_000),
    })
    const bank = Services!.find(({ Name }) => Name === 'bank')!
    const till = Services!.find(({ Name, Type }) => Name === 'till' && Type !== 'client')!
    expect(till.Edges!.map(({ ReferenceId }) => ReferenceId)).toEqual([bank.ReferenceId])
  },
  async PutTelemetryRecords({ xray }) {
    await xray.putTelemetryRecords({ TelemetryRecords: [{ Timestamp: new Date(), SegmentsSentCount: 2 }] })
  },
  async GetSamplingRules({ xray }) {
    const { SamplingRuleRecords } = await xray.getSamplingRules({})
    expect(SamplingRuleRecords).toMatchObject([{ SamplingRule: { RuleName: 'Default', FixedRate: 0.05 } }])
  },
  async GetSamplingTargets({ xray }) {
    const { SamplingTargetDocuments } = await xray.getSamplingTargets({
      SamplingStatisticsDocuments: [
        {
          RuleName: 'Default',
          ClientID: '0'.repeat(24),
          Timestamp: new Date(),
          RequestCount: 10,
          SampledCount: 1,
        },
      ],
    })
    expect(SamplingTargetDocuments).toMatchObject([
      { RuleName: 'Default', FixedRate: 0.05, ReservoirQuota: 1 },
    ])
  },
}
