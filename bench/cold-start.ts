// How long the first call of a version takes, and the next ones, beside a worker that does nothing but read its code
// from the same store, load it and call it: `npm run bench:cold`.

import { Agent, request } from 'node:http'
import { parseArgs } from 'node:util'
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { startBench } from './weir-under-miniflare.ts'

// Weir's side is the host of functions, entered as its queue consumer does; what gateways and signatures cost is not
// a matter of cold starts, and `npm run bench` has it.
const BARE_WORKER = `
import { WorkerEntrypoint } from 'cloudflare:workers'

export class Bare extends WorkerEntrypoint {
  async invoke(key) {
    const worker = this.env.LOADER.get(key, async () => ({
      compatibilityDate: '2026-11-01',
      mainModule: 'main.js',
      modules: { 'main.js': await (await this.env.STORE.get(key)).text() },
    }))
    const response = await worker.getEntrypoint().fetch('http://function/', { method: 'POST', body: '{}' })
    return { payload: await response.text() }
  }
}

const account = { id: '000000000000', region: 'us-east-1' }

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url)
    const name = url.searchParams.get('name')
    if (request.method === 'PUT') return new Response(String(await env.STORE.put(name, request.body)))
    const result = url.pathname === '/bare'
      ? await ctx.exports.Bare.invoke(name)
      : await env.WEIR.invoke({ account, name, payload: '{}', requestId: crypto.randomUUID() })
    return new Response(result.payload ?? JSON.stringify(result))
  },
}`

const BARE_HOST = 'bare.localhost'

const { values: options } = parseArgs({
  options: {
    /** Versions of each size. */
    versions: { type: 'string', default: '20' },
    /** Calls of each version after its first. */
    calls: { type: 'string', default: '20' },
  },
})
const versions = Number(options.versions)
const calls = Number(options.calls)

const SIZES = [
  ['1 KB', 1_000],
  ['1 MB', 1_000_000],
  ['5 MB', 5_000_000],
] as const

/** Functions as a bundler leaves them, of which the handler uses a few; `seed` makes each package another one. */
function library(bytes: number, seed: string): string {
  const parts = [`const seed = ${JSON.stringify(seed)};\n`]
  let size = parts[0]!.length
  for (let i = 0; size < bytes - 200; i++) {
    const part = `function f${i}(value, options) { if (options && options.deep) { return Object.keys(value).map(key => f${Math.max(0, i - 1)}(value[key], options)) } const text = "part ${i} of " + seed; return { text, value, size: text.length } }\n`
    parts.push(part)
    size += part.length
  }
  return parts.join('')
}

const bench = await startBench(BARE_WORKER)
try {
  const lambda = new LambdaClient({
    endpoint: bench.url.origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const agent = new Agent({ keepAlive: true })
  const send = (method: string, path: string, body = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { agent, host: bench.url.hostname, port: bench.url.port, method, path }
      const sent = request({ ...options, headers: { host: BARE_HOST } }, response => {
        let text = ''
        response.setEncoding('utf8').on('data', piece => {
          text += piece
        })
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(`${path} answered ${response.statusCode}: ${text}`))
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const time = async (side: 'weir' | 'bare', name: string): Promise<number> => {
    const path = `/${side}?name=${name}`
    const started = performance.now()
    const text = await send('POST', path)
    if (text !== '{"ok":true}') throw new Error(`${path} answered ${text}`)
    return performance.now() - started
  }

  const deploy = async (name: string, bytes: number): Promise<void> => {
    const code = library(bytes, name)
    const handler = `${code}exports.handler = async () => ({ ok: true })\n`
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/bench',
        Code: { ZipFile: zipSync({ 'index.js': strToU8(handler) }) },
      }),
    )
    const source = `${code}export default { async fetch(request) { await request.text(); return Response.json({ ok: true }) } }\n`
    await send('PUT', `/?name=${name}`, source)
  }

  const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
  const round = (number: number) => Number(number.toFixed(2))
  const rows: Record<string, Record<string, number>> = {}
  for (const [label, bytes] of SIZES) {
    const measured = {
      weir: [] as number[],
      bare: [] as number[],
      warmWeir: [] as number[],
      warmBare: [] as number[],
    }
    for (let i = -2; i < versions; i++) {
      const name = `cold-${bytes}-${i + 2}`
      await deploy(name, bytes)
      const sides = (['weir', 'bare'] as const).map(side => async () => {
        const call = () => time(side, name)
        return [await call(), await warm(call)] as const
      })
      const turn = i % 2 === 0
      const first = await sides[turn ? 0 : 1]!()
      const second = await sides[turn ? 1 : 0]!()
      // The first two pairs warm up what both sides share.
      if (i < 0) continue
      const [weir, other] = turn ? [first, second] : [second, first]
      measured.weir.push(weir[0])
      measured.warmWeir.push(weir[1])
      measured.bare.push(other[0])
      measured.warmBare.push(other[1])
    }
    const ratios = measured.weir.map((each, i) => each / measured.bare[i]!)
    const warmRatios = measured.warmWeir.map((each, i) => each / measured.warmBare[i]!)
    rows[label] = {
      'weir cold, ms': round(median(measured.weir)),
      'bare cold, ms': round(median(measured.bare)),
      'cold, weir over bare': round(median(ratios)),
      'weir warm, ms': round(median(measured.warmWeir)),
      'bare warm, ms': round(median(measured.warmBare)),
      'warm, weir over bare': round(median(warmRatios)),
    }
    console.error(label, rows[label])
  }
  console.table(rows)
  console.log(JSON.stringify(rows))

  async function warm(call: () => Promise<number>): Promise<number> {
    const times: number[] = []
    for (let i = 0; i < calls; i++) times.push(await call())
    return median(times)
  }
} finally {
  await bench.stop()
}
