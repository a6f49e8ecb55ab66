import { setTimeout as pause } from 'node:timers/promises'
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch'
import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { workerdCpuTime } from './cpu-time.ts'
import { configOf, LOGGING_FUNCTION } from './deploy-bench-api.ts'
import { load } from './load.ts'

/** A Weir that is asked again and again. */
export interface Asked {
  readonly url: URL
  readonly request: string
}

/** What one Weir did in a round. */
interface Round {
  readonly requests: number
  readonly rate: number
  /** Microseconds a request, with what is told after it. */
  readonly cpu: number
}

export interface Observed {
  /** Requests per second where everything is told, over those where nothing is; one a round. */
  readonly rates: readonly number[]
  /** The same of processor time: what nothing is told of over what everything is. */
  readonly cpus: readonly number[]
  readonly lines: number
  readonly series: number
}

const SERIES = 1_000
const NAMESPACE = 'Bench'
/** An isolate tells what it did about a second later; a round begins and ends when that is done. */
const SETTLE_MS = 1_500

/** Lines of a call: START, END, REPORT, and the function's own. */
const LINES_OF_CALL = 4

/**
 * What it costs to tell of what is done: the same load on a Weir that tells everything, while it takes 1,000 series of
 * metrics from a client, and on one that tells nothing; in rounds of alternating order. In the end all that was
 * acknowledged has to be there.
 */
export async function observedOverUnobserved(
  observed: Asked,
  unobserved: Asked,
  { rounds, ms, connections }: { rounds: number; ms: number; connections: number },
): Promise<Observed> {
  const from = new Date(Math.floor(Date.now() / 60_000) * 60_000)
  const cloudwatch = new CloudWatchClient(configOf(observed.url))
  let put = 0
  let requests = 0
  const withMetrics = async (): Promise<Round> => {
    const putting = cloudwatch.send(new PutMetricDataCommand({ Namespace: NAMESPACE, MetricData: data }))
    const round = await ask(observed, connections, ms)
    await putting
    put += 1
    requests += round.requests
    return round
  }
  const withNothing = () => ask(unobserved, connections, ms)
  const rates: number[] = []
  const cpus: number[] = []
  for (let i = 0; i < rounds; i += 1) {
    const [first, second] = i % 2 ? [withMetrics, withNothing] : [withNothing, withMetrics]
    const results = [await first(), await second()] as const
    const [all, none] = i % 2 ? results : [results[1], results[0]]
    rates.push(all.rate / none.rate)
    cpus.push(none.cpu / all.cpu)
  }
  await pause(SETTLE_MS)
  const until = new Date(Date.now() + 60_000)
  const sumOf = async (namespace: string, metric: string, dimension: { Name: string; Value: string }) => {
    const { Datapoints } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: namespace,
        MetricName: metric,
        Dimensions: [dimension],
        StartTime: from,
        EndTime: until,
        Period: 3_600,
        Statistics: ['Sum'],
      }),
    )
    return (Datapoints ?? []).reduce((sum, { Sum }) => sum + Sum!, 0)
  }
  const calls = await sumOf('AWS/Lambda', 'Invocations', { Name: 'FunctionName', Value: LOGGING_FUNCTION })
  const last = await sumOf(NAMESPACE, 'Value', { Name: 'Series', Value: String(SERIES - 1) })
  const lines = await countLines(observed.url, from, until)
  expectAll('calls in metrics', calls, requests)
  expectAll('lines in logs', lines, requests * LINES_OF_CALL)
  expectAll('values of a series', last, put)
  return { rates, cpus, lines, series: SERIES }
}

const data = Array.from({ length: SERIES }, (_, series) => ({
  MetricName: 'Value',
  Dimensions: [{ Name: 'Series', Value: String(series) }],
  Value: 1,
  Unit: 'Count' as const,
}))

async function ask({ url, request }: Asked, connections: number, ms: number): Promise<Round> {
  const target = { host: url.hostname, port: Number(url.port) }
  const before = workerdCpuTime()
  const { requests, rate, other } = await load(target, request, connections, ms)
  for (const [status, count] of other) throw new Error(`${status} was answered ${count} times`)
  await pause(SETTLE_MS)
  const after = workerdCpuTime()
  const cpu = before !== undefined && after !== undefined ? (after - before) / requests : Number.NaN
  return { requests, rate, cpu }
}

async function countLines(url: URL, from: Date, until: Date): Promise<number> {
  const logs = new CloudWatchLogsClient(configOf(url))
  const { queryId } = await logs.send(
    new StartQueryCommand({
      logGroupName: `/aws/lambda/${LOGGING_FUNCTION}`,
      startTime: Math.floor(from.getTime() / 1000),
      endTime: Math.floor(until.getTime() / 1000),
      queryString: 'stats count(*) as lines',
    }),
  )
  for (;;) {
    const { status, results } = await logs.send(new GetQueryResultsCommand({ queryId }))
    if (status === 'Complete') return Number(fieldOf(results?.[0], 'lines'))
    if (status !== 'Running' && status !== 'Scheduled') throw new Error(`the query of lines ended: ${status}`)
    await pause(200)
  }
}

const fieldOf = (row: readonly ResultField[] | undefined, name: string): string =>
  row?.find(({ field }) => field === name)?.value ?? '0'

function expectAll(what: string, found: number, least: number): void {
  if (found < least) throw new Error(`${found} ${what}, of ${least}`)
}
