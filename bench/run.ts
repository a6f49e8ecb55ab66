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
  const gatewayRequest = `GET /_aws/execute-api/${api.apiId}/prod/hello HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${api.key}\r\n\r\n`
  const bareRequest = 'GET / HTTP/1.1\r\nHost: bare.localhost\r\n\r\n'
  const run = async (name: string, request: string): Promise<Run> => {
    const before = workerdCpuTime()
    const result = await load(target, request, connections, ms)
    const after = workerdCpuTime()
    for (const [status, count] of result.other) throw new Error(`${name} answered ${status} ${count} times`)
    const used = before !== undefined && after !== undefined ? after - before : Number.NaN
    return { ...result, cpu: used / result.requests }
  }

  await load(target, gatewayRequest, connections, 2000)
  await load(target, bareRequest, connections, 2000)
  if (bench.inspector && options.profile) {
    const run = () => load(target, gatewayRequest, connections, 5000)
    const sampled = await profile(bench.inspector, 'weir', run)
    writeFileSync(options.profile, JSON.stringify(sampled))
    console.table(greatestCosts(sampled, 40))
  }
  const gateway: Run[] = []
  const bare: Run[] = []
  for (let pair = 0; pair < pairs; pair++) {
    // The order alternates, so that a drift of the machine's speed favours neither side.
    if (pair % 2) gateway.push(await run('the gateway', gatewayRequest))
    bare.push(await run('the bare worker', bareRequest))
    if (pair % 2 === 0) gateway.push(await run('the gateway', gatewayRequest))
  }
  const row = (name: string, runs: Run[]) => ({
    name,
    'requests/s': Math.round(median(runs.map(run => run.rate))),
    'p50 ms': round(median(runs.map(run => run.p50))),
    'p99 ms': round(median(runs.map(run => run.p99))),
    'CPU µs/request': Math.round(median(runs.map(run => run.cpu))),
  })
  console.table([row('gateway: key, lease, alias, function', gateway), row('bare dynamic worker', bare)])
  const rates = gateway.map((run, i) => run.rate / bare[i]!.rate)
  const costs = gateway.map((run, i) => run.cpu / bare[i]!.cpu)
  for (const [name, ratios] of Object.entries({ 'requests/s': rates, CPU: costs })) {
    const [least, middle, most] = quartiles(ratios).map(ratio => round(ratio, 3))
    console.log(
      `${name}, gateway over bare: median ${middle}, half of ${pairs} pairs within ${least} to ${most}`,
    )
  }
  const ratios = {
    gateway_over_bare_function: round(median(rates), 3),
    ...(costs.every(Number.isFinite) && { gateway_cpu_over_bare_function: round(median(costs), 3) }),
  }
  console.log(JSON.stringify(ratios))
} finally {
  await bench.stop()
}
