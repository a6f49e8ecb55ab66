import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { deploy, type Isolate, isolateOf, lambdaHarness } from './function-host.ts'

let isolate: Isolate

beforeAll(async () => {
  const weir = await lambdaHarness()
  const source = `
    exports.handler = async (event, context) => ({
      event, custom: context.clientContext?.custom, trace: process.env._X_AMZN_TRACE_ID,
      line: event?.log && console.log(event.log),
    })`
  await deploy(weir, 'echo', source)
  isolate = isolateOf(weir)
})

const AWKWARD = [
  '\t',
  '\r\n',
  '\n\nok\t{}',
  '\0',
  '\x7f',
  ' ',
  '  x  ',
  'é',
  '\u2028',
  '💶',
  '\ud800',
  '"\\',
  ',',
  ';=:',
]

test('an event and its answer come through as they are, whichever way they go', async () => {
  // One character less and more than what goes as a header: the event is in quotes, and with it in the answer.
  const lengths = [8189, 8190, 8191, 8192, 20_000].map(length => 'x'.repeat(length))
  for (const event of ['', ...AWKWARD, ...lengths, null, 0, [], { '\t': '\r' }]) {
    expect((await isolate.valueOf<{ event: unknown }>('echo', event)).event).toEqual(event)
  }
})

test('JSON that a client wrote with space round it, or over lines, is the event that it says', async () => {
  for (const payload of [' {"a":1} ', '{\r\n\t"a": 1\n}', '\n{"a":1}', '{"a":1}\t']) {
    expect((await isolate.valueOf<{ event: unknown }>('echo', {}, { payload })).event).toEqual({ a: 1 })
    const bytes = new TextEncoder().encode(payload)
    expect((await isolate.valueOf<{ event: unknown }>('echo', {}, { payload: bytes })).event).toEqual({
      a: 1,
    })
  }
})

test('what is said beside an event is never taken for it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...AWKWARD), fc.constantFrom(...AWKWARD), async (one, other) => {
      const custom = { of: one.toWellFormed() }
      const clientContext = Buffer.from(JSON.stringify({ custom })).toString('base64')
      const traceId = `Root=1-00000000-000000000000000000000000;Said=${other}`
      const said = await isolate.valueOf<Record<string, unknown>>('echo', { one }, { clientContext, traceId })
      expect(said).toMatchObject({ event: { one }, custom })
      expect(said.trace).toContain('Root=1-00000000-000000000000000000000000;Said=')
    }),
    { numRuns: 15 },
  )
})

test('lines of a log and an answer are told from each other, whatever is in them', async () => {
  for (const log of AWKWARD.filter(text => text.trim() !== '')) {
    const answered = await isolate.invoke('echo', { log })
    if (answered.kind === 'refused') throw new Error(answered.message)
    expect(JSON.parse(answered.payload).event).toEqual({ log })
    expect(answered.logs).toContain(`\tINFO\t${log.toWellFormed().replaceAll(/\r?\n/g, '\r').split('\r')[0]}`)
  }
})
