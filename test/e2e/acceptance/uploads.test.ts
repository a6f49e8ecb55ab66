import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWeir, type WeirServer } from '../server.ts'
import { lambdaAt } from './clients.ts'
import { createFunction, invoke, zip } from './functions.ts'
import { HOSTILE_ZIPS, STRANGE_ZIPS, writeZip } from './hostile-zips.ts'
import { expectComposed, type RawAnswer, type RawRequest, sendSigned } from './raw-request.ts'

const FUNCTIONS = '/2015-03-31/functions'
const MB = 1024 * 1024
/** Characters of a module of random text, and of the one that is all spaces. */
const TEXT = 3_774_872
const SPACES = 22 * MB

describe('an uploaded package', () => {
  let weir: WeirServer
  beforeAll(async () => {
    weir = await startWeir()
  })
  afterAll(() => weir[Symbol.asyncDispose]())

  const lambdaCall = (request: Partial<RawRequest>): Promise<RawAnswer> =>
    sendSigned(weir.url, 'lambda', {
      method: 'POST',
      target: FUNCTIONS,
      headers: { 'content-type': 'application/json' },
      ...request,
    })
  const upload = (FunctionName: string, zipFile: Uint8Array): Promise<RawAnswer> =>
    lambdaCall({
      body: JSON.stringify({
        FunctionName,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/acceptance',
        Code: { ZipFile: Buffer.from(zipFile).toString('base64') },
      }),
    })

  test.each(Object.keys(HOSTILE_ZIPS))('refuses a package with %s', async name => {
    const answer = await upload(name.replace(/\W+/g, '-'), HOSTILE_ZIPS[name]!())
    expectComposed(answer, name)
    expect([400, 413]).toContain(answer.status)
    expect(answer.headers['x-amzn-errortype']).toMatch(
      /InvalidParameterValue|RequestEntityTooLarge|RequestTooLarge/,
    )
  })

  test('refuses a package that is cut off anywhere', async () => {
    const whole = zip({ 'index.js': 'exports.handler = async () => 1', 'lib/more.js': '0'.repeat(500) })
    for (let length = 0; length < whole.length; length += 7) {
      const answer = await upload('truncated', whole.subarray(0, length))
      expectComposed(answer, `${length} of ${whole.length} bytes`)
      expect(answer.status).toBe(400)
    }
  })

  test('takes a package that was altered anywhere or refuses it', async () => {
    const whole = zip({ 'index.js': 'exports.handler = async () => 1', 'lib/more.js': '0'.repeat(500) })
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const altered = Uint8Array.from(whole)
        altered[at]! ^= flip
        expectComposed(await upload(`altered-${at}-${flip}`, altered), `byte ${at} altered by ${flip}`)
      }),
      { numRuns: 60 },
    )
  })

  test.each(Object.keys(STRANGE_ZIPS))('stays composed with %s, also when it is invoked', async name => {
    const FunctionName = name.replace(/\W+/g, '-')
    const answer = await upload(FunctionName, STRANGE_ZIPS[name]!())
    expectComposed(answer, name)
    const invoked = await lambdaCall({ target: `${FUNCTIONS}/${FunctionName}/invocations`, body: '{}' })
    // A function's own failure is a success of the service, and carries the function's own stack.
    expect(invoked.status, invoked.body).toBe(answer.status === 201 ? 200 : 404)
  })

  test('may have 20 MB, and 60 MB unpacked, and runs', async () => {
    const { package: whole, unpacked } = largePackage()
    expect(whole.length).toBeGreaterThan(19 * MB)
    expect(whole.length).toBeLessThanOrEqual(20 * MB)
    expect(unpacked).toBeGreaterThan(58 * MB)
    const lambda = lambdaAt(weir.url)
    await createFunction(lambda, 'large', whole, { Timeout: 60 })
    const { payload } = await invoke<number[]>(lambda, 'large', { modules: ['text0', 'text9', 'spaces'] })
    expect(payload).toEqual([TEXT, TEXT, SPACES])
  })
})

/** Text that packs to a little more than half, and text that packs to nothing. */
function largePackage(): { package: Buffer; unpacked: number } {
  const module = (name: string, text: Buffer) => ({
    name: `lib/${name}.js`,
    content: Buffer.concat([Buffer.from(`module.exports = '`), text, Buffer.from(`'`)]),
  })
  const handler = `exports.handler = async ({ modules }) => modules.map(name => require('./lib/' + name).length)`
  const entries = [
    { name: 'index.js', content: Buffer.from(handler) },
    ...Array.from({ length: 10 }, (_, n) =>
      module(`text${n}`, Buffer.from(randomBytes(TEXT / 2).toString('hex'), 'latin1')),
    ),
    module('spaces', Buffer.alloc(SPACES, ' ')),
  ]
  return {
    package: writeZip(entries),
    unpacked: entries.reduce((sum, { content }) => sum + content.length, 0),
  }
}
