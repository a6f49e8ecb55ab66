import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
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
    pairs: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
    // A file for the profile of one run of the gateway, which is then not measured.
    profile: { type: 'string' },
  },
})
const pairs = Number(options.pairs)
const ms = Number(options.seconds) * 1000
const connections = Number(options.connections)

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
const round = (number: number, digits = 2) => Number(number.toFixed(digits))

const bench = await startBench(BARE_WORKER, options.profile !== undefined)
try {
  const api = await deployBenchApi(bench.url, BODY)
  const target = { host: bench.url.hostname, port: Number(bench.url.port) }
  const gatewayRequest = `GET /_aws/execute-api/${api.apiId}/prod/hello HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${api.key}\r\n\r\n`
  const bareRequest = 'GET / HTTP/1.1\r\nHost: bare.localhost\r\n\r\n'
  const run = async (name: string, request: string): Promise<LoadResult> => {
    const result = await load(target, request, connections, ms)
    for (const [status, count] of result.other) throw new Error(`${name} answered ${status} ${count} times`)
    return result
  }

  await load(target, gatewayRequest, connections, 2000)
  await load(target, bareRequest, connections, 2000)
  if (bench.inspector && options.profile) {
    const run = () => load(target, gatewayRequest, connections, ms)
    const sampled = await profile(bench.inspector, 'weir', run)
    writeFileSync(options.profile, JSON.stringify(sampled))
    console.table(greatestCosts(sampled, 40))
  }
  const gateway: LoadResult[] = []
  const bare: LoadResult[] = []
  for (let pair = 0; pair < pairs; pair++) {
    // The order alternates, so that a drift of the machine's speed favours neither side.
    if (pair % 2) gateway.push(await run('the gateway', gatewayRequest))
    bare.push(await run('the bare worker', bareRequest))
    if (pair % 2 === 0) gateway.push(await run('the gateway', gatewayRequest))
  }
  const ratios = gateway.map((result, i) => result.rate / bare[i]!.rate)
  const row = (name: string, results: LoadResult[]) => ({
    name,
    'requests/s': Math.round(median(results.map(result => result.rate))),
    'p50 ms': round(median(results.map(result => result.p50))),
    'p99 ms': round(median(results.map(result => result.p99))),
  })
  console.table([row('gateway: key, lease, alias, function', gateway), row('bare dynamic worker', bare)])
  console.log(
    `ratio over ${pairs} pairs: median ${round(median(ratios), 3)}, least ${round(Math.min(...ratios), 3)}, most ${round(Math.max(...ratios), 3)}`,
  )
  console.log(JSON.stringify({ gateway_over_bare_function: round(median(ratios), 3) }))
} finally {
  await bench.stop()
}
