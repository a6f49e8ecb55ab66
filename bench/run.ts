import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { workerdCpuTime } from './cpu-time.ts'
import { deployBenchApi } from './deploy-bench-api.ts'
import { type LoadResult, load } from './load.ts'
import { greatestCosts, profile } from './profile.ts'
import { startBench } from './weir-under-miniflare.ts'

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
  },
})
const pairs = Number(options.pairs)
const ms = Number(options.ms)
const connections = Number(options.connections)

/** One side of a pair; `cpu`: microseconds of the server's processor time a request. */
type Run = LoadResult & { readonly cpu: number }

const quartiles = (numbers: number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return [0.25, 0.5, 0.75].map(share => sorted[Math.floor(sorted.length * share)]!)
}
const median = (numbers: number[]) => quartiles(numbers)[1]!
const round = (number: number, digits = 2) => Number(number.toFixed(digits))

const bench = await startBench(BARE_WORKER, options.profile !== undefined)
try {
  const api = await deployBenchApi(bench.url, BODY)
  const target = { host: bench.url.hostname, port: Number(bench.url.port) }
  const keyed = (path: string, headers = '') =>
    `GET /_aws/execute-api/${api.apiId}/prod/${path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${api.key}\r\n${headers}\r\n`
  const gatewayRequest = keyed('hello')
  const sides = {
    gateway: gatewayRequest,
    guarded: keyed('guarded', `authorization: Bearer ${api.token}\r\n`),
    bare: 'GET / HTTP/1.1\r\nHost: bare.localhost\r\n\r\n',
  }
  const names = Object.keys(sides) as (keyof typeof sides)[]
  const run = async (name: string, request: string): Promise<Run> => {
    const before = workerdCpuTime()
    const result = await load(target, request, connections, ms)
    const after = workerdCpuTime()
    for (const [status, count] of result.other) throw new Error(`${name} answered ${status} ${count} times`)
    const used = before !== undefined && after !== undefined ? after - before : Number.NaN
    return { ...result, cpu: used / result.requests }
  }

  for (const name of names) await load(target, sides[name], connections, 2000)
  if (bench.inspector && options.profile) {
    const run = () => load(target, gatewayRequest, connections, 5000)
    const sampled = await profile(bench.inspector, 'weir', run)
    writeFileSync(options.profile, JSON.stringify(sampled))
    console.table(greatestCosts(sampled, 40))
  }
  const runs: Record<keyof typeof sides, Run[]> = { gateway: [], guarded: [], bare: [] }
  for (let i = 0; i < pairs; i++) {
    // The order alternates, so that a drift of the machine's speed favours no side.
    for (const name of i % 2 ? names : names.toReversed()) runs[name].push(await run(name, sides[name]))
  }
  const { gateway, guarded, bare } = runs
  const row = (name: string, runs: Run[]) => ({
    name,
    'requests/s': Math.round(median(runs.map(run => run.rate))),
    'p50 ms': round(median(runs.map(run => run.p50))),
    'p99 ms': round(median(runs.map(run => run.p99))),
    'CPU µs/request': Math.round(median(runs.map(run => run.cpu))),
  })
  console.table([
    row('gateway: key, lease, alias, function', gateway),
    row('the same behind a user pool', guarded),
    row('bare dynamic worker', bare),
  ])
  const compared = (title: string, by: (i: number) => number): number => {
    const [least, middle, most] = quartiles(gateway.map((_, i) => by(i))).map(ratio => round(ratio, 3))
    console.log(`${title}: median ${middle}, half of ${pairs} rounds within ${least} to ${most}`)
    return middle!
  }
  const ratios = {
    gateway_over_bare_function: compared(
      'requests/s, gateway over bare',
      i => gateway[i]!.rate / bare[i]!.rate,
    ),
    gateway_cpu_over_bare_function: compared('CPU, gateway over bare', i => gateway[i]!.cpu / bare[i]!.cpu),
    user_pool_over_open: compared(
      'requests/s, behind a user pool over open',
      i => guarded[i]!.rate / gateway[i]!.rate,
    ),
    open_cpu_over_user_pool: compared(
      'CPU, open over behind a user pool',
      i => gateway[i]!.cpu / guarded[i]!.cpu,
    ),
  }
  // Where there is no `/proc`, nothing is known of CPU.
  const known = Object.entries(ratios).filter(([, ratio]) => Number.isFinite(ratio))
  console.log(JSON.stringify(Object.fromEntries(known)))
} finally {
  await bench.stop()
}
