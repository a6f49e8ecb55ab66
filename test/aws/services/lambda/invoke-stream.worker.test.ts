import { Buffer } from 'node:buffer'
import {
  InvalidRequestContentException,
  type InvokeWithResponseStreamCommandInput,
  ResourceNotFoundException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Invocation, StreamEnding, Streamed } from '../../../../src/functions/invocation.ts'
import { failure, type Harness, lambdaHarness, settings } from './lambda-harness.ts'

const FunctionName = 'streamed'
const LOGS = 'START\nEND\nREPORT the end\n'
let weir: Harness
let calls: Invocation[]

beforeEach(async () => {
  weir = await lambdaHarness()
  calls = []
})

/** A function that streams `pieces`, as it produces them. */
function streaming(pieces: AsyncIterable<Uint8Array> | Uint8Array[], ending: Partial<StreamEnding> = {}) {
  weir.stream = async invocation => {
    calls.push(invocation)
    return {
      kind: 'streamed',
      executedVersion: '7',
      contentType: 'text/event-stream',
      body: bodyOf(pieces),
      ending: Promise.resolve({ logs: LOGS, durationMs: 1, ...ending }),
    } satisfies Streamed
  }
}

/** A body that asks for the next piece when it is read, and not before. */
function bodyOf(pieces: AsyncIterable<Uint8Array> | Uint8Array[]): ReadableStream<Uint8Array> {
  const iterator = (async function* () {
    yield* pieces
  })()
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await iterator.return()
      },
    },
    { highWaterMark: 0 },
  )
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

const invoke = (input: Partial<InvokeWithResponseStreamCommandInput> = {}) =>
  weir.client.invokeWithResponseStream({ FunctionName, ...input })

async function eventsOf(input: Partial<InvokeWithResponseStreamCommandInput> = {}) {
  const { EventStream } = await invoke(input)
  return all(EventStream!)
}

describe('a streaming call', () => {
  it('hands on what the function writes, and then how it ended', async () => {
    streaming([utf8('first'), utf8('second')])
    const clientContext = btoa('{"custom":{"a":1}}')
    const { EventStream, ...answer } = await invoke({
      Qualifier: 'prod',
      Payload: '{"n":1}',
      ClientContext: clientContext,
      LogType: 'Tail',
    })
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '7' })
    const [first, second, complete, ...more] = await all(EventStream!)
    expect([text(first?.PayloadChunk?.Payload), text(second?.PayloadChunk?.Payload)]).toEqual([
      'first',
      'second',
    ])
    expect(complete).toEqual({ InvokeComplete: { LogResult: btoa(LOGS) } })
    expect(more).toEqual([])
    expect(calls).toEqual([
      {
        account: weir.account,
        name: FunctionName,
        qualifier: 'prod',
        payload: '{"n":1}',
        requestId: weir.responses.at(-1)!.headers.get('x-amzn-requestid'),
        clientContext,
        // By whom a deployment may keep somebody on a version.
        source: { caller: { arn: `arn:aws:iam::${weir.account.id}:root` } },
      },
    ])
    const { headers } = weir.responses.at(-1)!
    expect(headers.get('content-type')).toBe('application/vnd.amazon.eventstream')
    expect(headers.get('x-amzn-remapped-content-type')).toBe('text/event-stream')
    expect(headers.get('x-amz-executed-version')).toBe('7')
  })

  it('sends each piece before the function produces the next', async () => {
    const steps: string[] = []
    const next = Promise.withResolvers<void>()
    streaming(
      (async function* () {
        steps.push('writes')
        yield utf8('early')
        await next.promise
        steps.push('writes again')
        yield utf8('late')
      })(),
    )
    const { EventStream } = await invoke()
    for await (const event of EventStream!) {
      if (!event.PayloadChunk) continue
      steps.push(`received ${text(event.PayloadChunk.Payload)}`)
      next.resolve()
    }
    expect(steps).toEqual(['writes', 'received early', 'writes again', 'received late'])
  })

  it('runs no further ahead than the client reads', async () => {
    let produced = 0
    const piece = new Uint8Array(64 * 1024).fill(97)
    streaming(
      (async function* () {
        for (; produced < 400; produced++) yield piece
      })(),
    )
    const { EventStream } = await invoke()
    let received = 0
    for await (const event of EventStream!) {
      received += event.PayloadChunk?.Payload?.length ?? 0
      if (received < 20 * piece.length) continue
      break
    }
    expect(produced).toBeLessThan(40)
  })

  it('carries 24 MB, in events that a client can hold', async () => {
    const large = new Uint8Array(24 * 1024 * 1024)
    for (let i = 0; i < large.length; i += 4096) large[i] = i / 4096
    streaming([large])
    let at = 0
    for (const { PayloadChunk } of await eventsOf()) {
      const payload = PayloadChunk?.Payload ?? new Uint8Array()
      expect(payload.length).toBeLessThanOrEqual(1024 * 1024)
      expect(Buffer.compare(payload, large.subarray(at, at + payload.length))).toBe(0)
      at += payload.length
    }
    expect(at).toBe(large.length)
  })

  it('tells a failure of the function at the end, after what it wrote', async () => {
    const errorDocument = '{"errorType":"Error","errorMessage":"broken","trace":[]}'
    streaming([utf8('half')], { functionError: 'Unhandled', errorDocument })
    const [half, complete] = await eventsOf()
    expect(text(half?.PayloadChunk?.Payload)).toBe('half')
    expect(complete).toEqual({ InvokeComplete: { ErrorCode: 'Unhandled', ErrorDetails: errorDocument } })
  })

  it('ends in an error when Weir fails in between', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    streaming(
      (async function* () {
        yield utf8('half')
        throw new Error('the isolate is gone')
      })(),
    )
    const { EventStream } = await invoke()
    const received: string[] = []
    const error = await failure(
      (async () => {
        for await (const event of EventStream!) received.push(text(event.PayloadChunk?.Payload))
      })(),
    )
    expect(received).toEqual(['half'])
    expect(error.name).toBe('ServiceException')
    expect(error.message).not.toContain('isolate')
    expect(log).toHaveBeenCalledOnce()
    log.mockRestore()
  })

  it('raises the exception that belongs to a refusal, as any operation does', async () => {
    const refuse = (reason: 'not-found' | 'throttled') => {
      weir.stream = async () => ({ kind: 'refused', reason, message: 'why' })
      return failure(invoke())
    }
    const missing = await refuse('not-found')
    expect(missing).toBeInstanceOf(ResourceNotFoundException)
    expect(missing.message).toBe(`Function not found: ${weir.arn(FunctionName, '$LATEST')}`)
    expect(await refuse('throttled')).toBeInstanceOf(TooManyRequestsException)
    expect(await failure(invoke({ Payload: '{"a":' }))).toBeInstanceOf(InvalidRequestContentException)
    expect(
      await failure(invoke({ FunctionName: weir.arn('f').replace(/\d{12}/, '999999999999') })),
    ).toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('lambda:InvokeFunction on'),
    })
    expect(calls).toEqual([])
  })

  it('may be a dry run, which calls nothing', async () => {
    await weir.client.createFunction({ ...settings(FunctionName), Publish: true })
    // The client expects a body to read events from, which this handler gives it none of.
    await invoke({ InvocationType: 'DryRun', Qualifier: '1' }).catch(() => {})
    const { status, body, headers } = weir.responses.at(-1)!
    expect([status, body, headers.get('x-amz-executed-version')]).toEqual([204, null, '1'])
  })
})
