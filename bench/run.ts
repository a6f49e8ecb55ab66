import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { countedFigures } from './counted-figures.ts'
import { workerdCpuTime } from './cpu-time.ts'
import { type BenchApi, deployBenchApi } from './deploy-bench-api.ts'
import { type LoadResult, load } from './load.ts'
import { observedOverUnobserved } from './observed.ts'
import { greatestCosts, profile } from './profile.ts'
import { type ServerlessOffline, startServerlessOffline } from './serverless-offline.ts'
import { type Bench, startBench } from './weir-under-miniflare.ts'

// What both sides run: the function as a Lambda zip behind the gateway, and as a plain Worker called directly.
const BODY = JSON.stringify({ message: 'hello' })

const BARE_WORKER = `
const code = {
  compatibilityDate: '2026-11-01',
  mainModule: 'main.js',
  modules: { 'main.js': ${JSON.stringify(`export default { async fetch(request) { await request.text(); return new Response(${JSON.stringify(BODY)}, { headers: { 'content-type': 'application/json' } }) } }`)} },
}
export default {
  async fetch(request, env) {
    const worker = env.LOADER.get('bare', () => code)
    return worker.getEntrypoint().fetch('http://function/', { method: 'POST', body: '{}' })
  },
}`

const { values: options } = parseArgs({
  options: {
    // Many short runs rather than few long ones: both halves of a pair then meet the same machine.
    pairs: { type: 'string', default: '40' },
    ms: { type: 'string', default: '400' },
    connections: { type: 'string', default: '16' },
    // A file for the profile of one run of the gateway, which is then not measured.
    profile: { type: 'string' },
    // Leaves out what is counted, and serverless-offline: for whoever works on the gateway's speed.
    'only-gateway': { type: 'boolean', default: false },
  },
})
const pairs = Number(options.pairs)
const ms = Number(options.ms)
const connections = Number(options.connections)

/** What is measured, one after the other in every round. */
interface Side {
  readonly target: { readonly host: string; readonly port: number }
  readonly request: string
}

/** One side of a round; `cpu`: microseconds of the server's processor time a request. */
type Run = LoadResult & { readonly cpu: number }

const quartiles = (numbers: number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return [0.25, 0.5, 0.75].map(share => sorted[Math.floor(sorted.length * share)]!)
}
const median = (numbers: number[]) => quartiles(numbers)[1]!
const round = (number: number, digits = 2) => Number(number.toFixed(digits))
const isOfWorkerd = (name: string): boolean => OFFLINE.every(([other]) => other !== name)

/** Of the comparison of a Weir that tells what it does with one that does not. */
const OBSERVED_ROUNDS = 8
const OBSERVED_MS = 4_000

/** serverless-offline, and the same with its functions in its own thread. */
const OFFLINE = [
  ['offline', false],
  ['inProcess', true],
] as const

const offline: ServerlessOffline[] = []
const bench = await startBench(BARE_WORKER, {
  inspected: options.profile !== undefined,
  // What telling costs is measured apart: it comes a second later, when another side may have its turn.
  variables: { WEIR_TELEMETRY: '0' },
})
// Started when it is needed: its process is no company for what is measured before.
let telling: Bench | undefined
try {
  const api = await deployBenchApi(bench.url, BODY)
  const target = { host: bench.url.hostname, port: Number(bench.url.port) }
  const keyed = (path: string, headers = '') =>
    `GET /_aws/execute-api/${api.apiId}/prod/${path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${api.key}\r\n${headers}\r\n`
  const gatewayRequest = keyed('hello')
  const sides: Record<string, Side> = {
    gateway: { target, request: gatewayRequest },
    guarded: { target, request: keyed('guarded', `authorization: Bearer ${api.token}\r\n`) },
    bare: { target, request: 'GET / HTTP/1.1\r\nHost: bare.localhost\r\n\r\n' },
  }
  for (const [name, inProcess] of OFFLINE) {
    if (options['only-gateway']) break
    const server = await startServerlessOffline(BODY, inProcess)
    if (typeof server === 'string') {
      console.log(`Nothing is compared with serverless-offline: ${server}.`)
      break
    }
    offline.push(server)
    sides[name] = server
  }
  const names = Object.keys(sides)
  const run = async (name: string, { target, request }: Side): Promise<Run> => {
    const before = workerdCpuTime()
    const result = await load(target, request, connections, ms)
    const after = workerdCpuTime()
    for (const [status, count] of result.other) throw new Error(`${name} answered ${status} ${count} times`)
    const used = before !== undefined && after !== undefined ? after - before : Number.NaN
    return { ...result, cpu: used / result.requests }
  }

  // The threads of serverless-offline take seconds to start.
  for (const { target, request } of Object.values(sides)) await load(target, request, connections, 4000)
  if (bench.inspector && options.profile) {
    const run = () => load(target, gatewayRequest, connections, 5000)
    const sampled = await profile(bench.inspector, 'weir', run)
    writeFileSync(options.profile, JSON.stringify(sampled))
    console.table(greatestCosts(sampled, 40))
  }
  const runs: Record<string, Run[]> = Object.fromEntries(names.map(name => [name, []]))
  for (let i = 0; i < pairs; i++) {
    // The order alternates, so that a drift of the machine's speed favours no side.
    for (const name of i % 2 ? names : names.toReversed()) runs[name]!.push(await run(name, sides[name]!))
  }
  const row = (title: string, name: string) => {
    const measured = runs[name] ?? []
    if (measured.length === 0) return []
    const cpu = isOfWorkerd(name) ? Math.round(median(measured.map(run => run.cpu))) : undefined
    return {
      name: title,
      'requests/s': Math.round(median(measured.map(run => run.rate))),
      'p50 ms': round(median(measured.map(run => run.p50))),
      'p99 ms': round(median(measured.map(run => run.p99))),
      'CPU µs/request': cpu,
    }
  }
  console.table(
    [
      row('gateway: key, three levels, alias, function', 'gateway'),
      row('the same behind a user pool', 'guarded'),
      row('bare dynamic worker', 'bare'),
      row('serverless-offline', 'offline'),
      row('the same, functions in its own thread', 'inProcess'),
    ].flat(),
  )
  /** The median of one side over another, round by round; undefined where one was not measured. */
  const compared = (title: string, name: string, over: string, by: 'rate' | 'cpu'): number | undefined => {
    const ratios = runs[name]!.flatMap((run, i) => (runs[over]?.[i] ? run[by] / runs[over][i][by] : []))
    if (!ratios.every(Number.isFinite) || ratios.length === 0) return undefined
    const [least, middle, most] = quartiles(ratios).map(ratio => round(ratio, 3))
    console.log(`${title}: median ${middle}, half of ${pairs} rounds within ${least} to ${most}`)
    return middle!
  }
  const figures: Record<string, unknown> = {
    gateway_over_bare_function: compared('requests/s, gateway over bare', 'gateway', 'bare', 'rate'),
    // Where there is no `/proc`, nothing is known of CPU.
    gateway_cpu_over_bare_function: compared('CPU, gateway over bare', 'gateway', 'bare', 'cpu'),
    user_pool_over_open: compared('requests/s, behind a user pool over open', 'guarded', 'gateway', 'rate'),
    open_cpu_over_user_pool: compared('CPU, open over behind a user pool', 'gateway', 'guarded', 'cpu'),
    gateway_over_serverless_offline: compared(
      'requests/s, gateway over serverless-offline',
      'gateway',
      'offline',
      'rate',
    ),
    gateway_over_serverless_offline_in_process: compared(
      'requests/s, gateway over serverless-offline with functions in its own thread',
      'gateway',
      'inProcess',
      'rate',
    ),
  }
  if (!options['only-gateway']) {
    telling = await startBench(BARE_WORKER)
    const other = await deployBenchApi(telling.url, BODY)
    const askedFor = (url: URL, { apiId, key }: BenchApi) => ({
      url,
      request: `GET /_aws/execute-api/${apiId}/prod/logged HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${key}\r\n\r\n`,
    })
    const { rates, cpus, lines, series } = await observedOverUnobserved(
      askedFor(telling.url, other),
      askedFor(bench.url, api),
      { rounds: OBSERVED_ROUNDS, ms: OBSERVED_MS, connections },
    )
    figures.observed_over_unobserved = round(median([...rates]), 3)
    figures.unobserved_cpu_over_observed = round(median([...cpus]), 3)
    console.log(
      `with ${lines} lines and ${series} series told, over nothing told: rate ${figures.observed_over_unobserved}, ` +
        `CPU of nothing told over all told ${figures.unobserved_cpu_over_observed}`,
    )
  }
  if (!options['only-gateway']) {
    await stop()
    const cpuUs = median(runs.gateway!.map(run => run.cpu))
    Object.assign(figures, await countedFigures(Number.isFinite(cpuUs) ? cpuUs / 1000 : 1))
  }
  console.log(JSON.stringify(figures))
} finally {
  await stop()
}

async function stop(): Promise<void> {
  for (const server of offline.splice(0)) server.stop()
  await telling?.stop()
  await bench.stop()
}
