// What admission adds to a request that memory decides, `node bench/admission-latency.ts`: the isolate's side of
// metering at three levels, in Node, as workerd's clock stands still while code runs. The engine is the same.

import { pathToFileURL } from 'node:url'
import { Admission } from '../src/metering/admission.ts'
import { AdmitLevels, type RequestLevels } from '../src/metering/admit-levels.ts'
import { LEASE_PROTOCOL, type LeaseReply, type LeaseRequest } from '../src/metering/lease-protocol.ts'

/** Calls between two turns of the event loop, in which leases are renewed. */
const BATCH = 20

const LEVELS: RequestLevels = {
  key: { apiId: 'api', stage: 'prod', method: 'GET /hello' },
  method: {
    meter: 'throttles/000000000000/us-east-1/api/prod/GET /hello',
    target: { apiId: 'api', stage: 'prod', throttle: { rate: 5_000, burst: 2_500, version: 1 } },
    isClosed: false,
  },
  account: {
    meter: 'accounts/000000000000/us-east-1',
    target: { apiId: '', stage: '', level: 'account' },
  },
}

/** An object that has as much as anybody asks for. */
const generous = async ({ id, waiting, extra }: LeaseRequest): Promise<LeaseReply> => ({
  protocol: LEASE_PROTOCOL,
  id,
  version: 1,
  grantedAt: Date.now(),
  keyId: 'key',
  planId: 'plan',
  admitted: waiting,
  ...(extra > 0 && { lease: { tokens: extra, lifeMs: 125 } }),
  callAfterMs: 0,
})

export interface AdmissionLatency {
  readonly calls: number
  /** Share of the calls that memory decided. */
  readonly fromMemory: number
  /** Milliseconds, of those calls. */
  readonly p50: number
  readonly p99: number
}

export async function admissionLatency(calls: number): Promise<AdmissionLatency> {
  const admission = new AdmitLevels(
    new Admission({
      clock: () => Date.now(),
      callObject: (_, request) => generous(request),
      recordExists: async () => true,
      defer: () => {},
      sleep: ms => new Promise(resolve => setTimeout(resolve, ms).unref()),
      newId: () => 'isolate',
    }),
  )
  const took: number[] = []
  const warmUp = calls / 10
  for (let i = -warmUp; i < calls; i++) {
    if (i % BATCH === 0) await new Promise(resolve => setImmediate(resolve))
    const before = performance.now()
    const admittance = admission.admit(LEVELS, 'keys/000000000000/us-east-1/0')
    const after = performance.now()
    if (admittance instanceof Promise) await admittance
    else if (i >= 0) took.push(after - before)
  }
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.floor(took.length * share)] ?? Number.NaN
  return { calls, fromMemory: took.length / calls, p50: at(0.5), p99: at(0.99) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(await admissionLatency(200_000))
