import { expect, test } from 'vitest'
import type { InvocationResult, Refused, StreamEnding } from '../../src/functions/invocation.ts'
import { randomSource } from '../random-source.ts'
import { deploy, type Isolate, isolateOf, lambdaHarness } from './function-host.ts'

/** Ends as `event.how` says, after `event.ms`; says who it is at its begin, in its log and at its end. */
const SOURCE = `
  let current
  const pause = ms => new Promise(resolve => setTimeout(resolve, ms))
  async function run({ id, ms, how }, write) {
    current = id
    console.log('begins <' + id + '>')
    if (how === 'exit') { setTimeout(() => process.exit(1), ms); await pause(10_000) }
    if (how === 'uncaught') { setTimeout(() => { throw new Error('<' + id + '>') }, ms); await pause(10_000) }
    if (how === 'late') { setInterval(() => console.log('late <' + id + '>'), 20); await pause(10_000) }
    for (let i = 0; i < 4; i++) { write?.('<' + id + '>'); await pause(ms / 4) }
    if (how === 'throw') throw new Error('<' + id + '>')
    return '<' + id + '>' + (current === id ? '' : ' and <' + current + '>')
  }`

const PLAIN = `${SOURCE}
  exports.handler = event => run(event)`

const STREAMS = `${SOURCE}
  exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    stream.write(await run(event, piece => stream.write(piece)))
    stream.end()
  })`

const HOWS = ['answer', 'answer', 'answer', 'throw', 'exit', 'uncaught', 'late', 'abort', 'cancel'] as const

/** Everything that a caller gets to see of a call. */
async function seen(
  isolate: Isolate,
  name: string,
  event: { id: number; ms: number; how: string },
  isStreamed: boolean,
): Promise<string> {
  const abort = new AbortController()
  const more = { requestId: `call-${event.id}`, signal: abort.signal }
  if (event.how === 'abort') setTimeout(() => abort.abort(new Error('gone')), event.ms)
  const given = event.how === 'abort' ? { ...event, how: 'late' } : event
  try {
    if (!isStreamed)
      return JSON.stringify(await (isolate.invoke(name, given, more) as Promise<InvocationResult>))
    const result: Awaited<ReturnType<Isolate['stream']>> | Refused = await isolate.stream(name, given, more)
    if (result.kind === 'refused') return JSON.stringify(result)
    let text = ''
    const reader = result.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      text += new TextDecoder().decode(value)
      if (event.how === 'cancel') {
        await reader.cancel()
        break
      }
    }
    const ending: StreamEnding = await result.ending
    return text + JSON.stringify(ending)
  } catch (error) {
    return String(error)
  }
}

test.each([1, 2, 3])('whatever becomes of calls, none sees anything of another (seed %i)', async seed => {
  const random = randomSource(seed)
  const weir = await lambdaHarness()
  await deploy(weir, 'plain', PLAIN, { Timeout: 1 })
  await deploy(weir, 'streams', STREAMS, { Timeout: 1 })
  const isolates = [isolateOf(weir), isolateOf(weir)]
  const wrong: string[] = []
  for (const isolate of isolates) {
    for (const name of ['plain', 'streams']) {
      const { slots } = await isolate.loader.version((await weir.pointer(name))!.latest)
      const taken = new Set<number>()
      const take = slots.take.bind(slots)
      const free = slots.free.bind(slots)
      slots.take = pass => {
        const slot = take(pass)
        if (taken.has(slot)) wrong.push(`${name} slot ${slot} taken twice`)
        taken.add(slot)
        return slot
      }
      slots.free = slot => {
        if (!taken.delete(slot)) wrong.push(`${name} slot ${slot} freed twice`)
        free(slot)
      }
    }
  }
  const calls: Promise<void>[] = []
  for (let id = 1; id <= 80; id++) {
    const how = HOWS[Math.floor(random() * HOWS.length)]!
    const ms = Math.floor(random() * 120)
    const isolate = isolates[random() < 0.8 ? 0 : 1]!
    const [name, isStreamed] = [random() < 0.5 ? 'plain' : 'streams', random() < 0.7]
    calls.push(
      seen(isolate, name, { id, ms, how }, isStreamed).then(text => {
        const others = (text.match(/<\d+>/g) ?? []).filter(each => each !== `<${id}>`)
        if (others.length > 0) wrong.push(`call ${id} (${how}, ${name}) saw ${others.join()}: ${text}`)
        if (how === 'answer' && (!text.includes(`<${id}>`) || text.includes('"functionError"')))
          wrong.push(`call ${id} (${how}, ${name}, ${isStreamed}): ${text}`)
      }),
    )
    if (random() < 0.7) await new Promise(resolve => setTimeout(resolve, random() * 60))
  }
  await Promise.all(calls)
  expect(wrong).toEqual([])
})
