import {
  InvalidRequestContentException,
  ResourceNotFoundException,
  ResourceNotReadyException,
  ServiceException,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Answered, Invocation } from '../../../../src/functions/invocation.ts'
import { failure, type Harness, lambdaHarness, settings } from './lambda-harness.ts'

let weir: Harness
let calls: Invocation[]
const FunctionName = 'called'

const answered: Answered = {
  kind: 'answered',
  executedVersion: '1',
  payload: '{"said":"grüß"}',
  logs: 'START\nEND\n',
  durationMs: 1,
}

beforeEach(async () => {
  weir = await lambdaHarness()
  calls = []
  weir.invoke = async invocation => {
    calls.push(invocation)
    return answered
  }
})

const invoke = (input: object = {}) => weir.client.invoke({ FunctionName, ...input })
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

describe('a synchronous call', () => {
  it('hands the event to the function and its answer back', async () => {
    const clientContext = btoa('{"custom":{"a":1}}')
    const result = await invoke({
      Payload: '{"name":"Zoë"}',
      Qualifier: 'prod',
      ClientContext: clientContext,
    })
    expect(result.StatusCode).toBe(200)
    expect(text(result.Payload)).toBe('{"said":"grüß"}')
    expect(result.ExecutedVersion).toBe('1')
    expect(result.FunctionError).toBeUndefined()
    expect(result.LogResult).toBeUndefined()
    expect(calls).toEqual([
      {
        account: weir.account,
        name: FunctionName,
        qualifier: 'prod',
        payload: '{"name":"Zoë"}',
        requestId: weir.responses.at(-1)!.headers.get('x-amzn-requestid'),
        clientContext,
        // By whom a deployment may keep somebody on a version.
        source: { caller: { arn: `arn:aws:iam::${weir.account.id}:root` } },
      },
    ])
    expect(weir.responses.at(-1)!.headers.get('x-amz-executed-version')).toBe('1')
  })

  it('understands every form of a function’s name', async () => {
    const { id } = weir.account
    const forms = [
      ['called', undefined],
      ['called:prod', 'prod'],
      [`${id}:function:called`, undefined],
      [`${id}:function:called:7`, '7'],
      [weir.arn('called'), undefined],
      [weir.arn('called', '$LATEST'), '$LATEST'],
    ]
    for (const [name, qualifier] of forms) {
      await invoke({ FunctionName: name })
      expect(calls.at(-1)).toMatchObject({ name: 'called', qualifier })
    }
  })

  it('makes an empty event of no payload', async () => {
    await invoke()
    expect(calls[0]?.payload).toBe('{}')
  })

  it('reports a failure of the function in a header, not as a fault', async () => {
    const payload = '{"errorType":"Error","errorMessage":"broken","trace":[]}'
    weir.invoke = async () => ({ ...answered, functionError: 'Unhandled', payload })
    const result = await invoke()
    expect(result).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' })
    expect(text(result.Payload)).toBe(payload)
    expect(weir.responses.at(-1)!.headers.get('x-amz-function-error')).toBe('Unhandled')
  })

  it('sends the last 4 KB of the log when asked to', async () => {
    const logs = `${'é'.repeat(5000)}\nREPORT the end\n`
    weir.invoke = async () => ({ ...answered, logs })
    const { LogResult } = await invoke({ LogType: 'Tail' })
    const bytes = Uint8Array.from(atob(LogResult!), c => c.charCodeAt(0))
    expect(bytes.length).toBeLessThanOrEqual(4096)
    expect(bytes.length).toBeGreaterThan(4090)
    const tail = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    expect(logs.endsWith(tail)).toBe(true)
    weir.invoke = async () => answered
    expect(atob((await invoke({ LogType: 'Tail' })).LogResult!)).toBe(answered.logs)
    expect((await invoke({ LogType: 'None' })).LogResult).toBeUndefined()
  })

  it('refuses events that are not JSON', async () => {
    for (const Payload of ['not json', '{"a":1', new Uint8Array([0x22, 0xff, 0x22])]) {
      const error = await failure(invoke({ Payload }))
      expect(error).toBeInstanceOf(InvalidRequestContentException)
      expect(error.message).toMatch(/^Could not parse request body into json: /)
      expect(error.$metadata.httpStatusCode).toBe(400)
    }
    for (const ClientContext of ['no base64!', btoa(JSON.stringify({ a: 'x'.repeat(2700) }))]) {
      expect(await failure(invoke({ ClientContext }))).toBeInstanceOf(InvalidRequestContentException)
    }
    expect(calls).toEqual([])
  })

  it('takes events of up to 6 MB', async () => {
    const limit = 6 * 1024 * 1024
    await invoke({ Payload: JSON.stringify('x'.repeat(limit - 2)) })
    expect(calls[0]?.payload).toHaveLength(limit)
    const error = await failure(invoke({ Payload: JSON.stringify('x'.repeat(limit - 1)) }))
    expect(error.name).toBe('RequestEntityTooLargeException')
    expect(error.$metadata.httpStatusCode).toBe(413)
    expect(error.message).toBe('Request must be smaller than 6291456 bytes for the InvokeFunction operation')
  })

  it('raises the exception that belongs to each refusal', async () => {
    const refuse = (reason: 'not-found' | 'not-permitted' | 'throttled' | 'not-ready' | 'unavailable') => {
      weir.invoke = async () => ({ kind: 'refused', reason, message: 'why' })
      return failure(invoke())
    }
    const missing = await refuse('not-found')
    expect(missing).toBeInstanceOf(ResourceNotFoundException)
    expect(missing.message).toBe(`Function not found: ${weir.arn(FunctionName, '$LATEST')}`)
    const throttled = await refuse('throttled')
    expect(throttled).toBeInstanceOf(TooManyRequestsException)
    expect(throttled).toMatchObject({ Reason: 'ConcurrentInvocationLimitExceeded' })
    expect(throttled.$metadata.httpStatusCode).toBe(429)
    expect(await refuse('not-ready')).toBeInstanceOf(ResourceNotReadyException)
    expect(await refuse('unavailable')).toBeInstanceOf(ServiceException)
    expect(await refuse('not-permitted')).toMatchObject({ name: 'AccessDeniedException', message: 'why' })
  })
})

describe('an asynchronous call', () => {
  beforeEach(async () => {
    await weir.client.createFunction({ ...settings(FunctionName), Publish: true })
    await weir.client.createAlias({ FunctionName, Name: 'prod', FunctionVersion: '1' })
  })

  it('is accepted once the event is queued', async () => {
    const queued: unknown[] = []
    weir.enqueue = async (event, payload) => {
      await new Promise(resolve => setTimeout(resolve, 20))
      queued.push([event, text(payload)])
    }
    const result = await invoke({ InvocationType: 'Event', Qualifier: 'prod', Payload: '{"later":true}' })
    expect(result.StatusCode).toBe(202)
    expect(await weir.responses.at(-1)!.text()).toBe('')
    expect(queued).toEqual([
      [
        {
          account: weir.account,
          name: FunctionName,
          qualifier: 'prod',
          uid: (await weir.pointer(FunctionName))!.uid,
          requestId: weir.responses.at(-1)!.headers.get('x-amzn-requestid'),
          clientContext: undefined,
        },
        '{"later":true}',
      ],
    ])
    expect(calls).toEqual([])
  })

  it('fails when the queue does', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    weir.enqueue = async () => {
      throw new Error('the queue is away')
    }
    expect(await failure(invoke({ InvocationType: 'Event' }))).toBeInstanceOf(ServiceException)
    expect(log).toHaveBeenCalledOnce()
    log.mockRestore()
  })

  it('takes events of up to 1 MB', async () => {
    let size = 0
    weir.enqueue = async (_, payload) => {
      size = payload.length
    }
    const limit = 1024 * 1024
    await invoke({ InvocationType: 'Event', Payload: JSON.stringify('x'.repeat(limit - 2)) })
    expect(size).toBe(limit)
    const error = await failure(
      invoke({ InvocationType: 'Event', Payload: JSON.stringify('x'.repeat(limit - 1)) }),
    )
    expect(error.name).toBe('RequestEntityTooLargeException')
    expect(error.message).toBe(
      '1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
    )
  })

  it('is refused for what is not there', async () => {
    for (const InvocationType of ['Event', 'DryRun']) {
      const nobody = await failure(invoke({ InvocationType, FunctionName: 'nobody' }))
      expect(nobody).toBeInstanceOf(ResourceNotFoundException)
      expect(nobody.message).toBe(`Function not found: ${weir.arn('nobody', '$LATEST')}`)
      const version = await failure(invoke({ InvocationType, Qualifier: '9' }))
      expect(version.message).toBe(`Function not found: ${weir.arn(FunctionName, '9')}`)
    }
  })

  it('is accepted while the database is away', async () => {
    const { client } = weir
    weir.enqueue = async () => {}
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    await weir.env.DB.prepare('ALTER TABLE resources RENAME TO away').run()
    try {
      expect((await client.invoke({ FunctionName, InvocationType: 'Event' })).StatusCode).toBe(202)
      expect(await failure(client.getFunction({ FunctionName }))).toBeInstanceOf(ServiceException)
    } finally {
      await weir.env.DB.prepare('ALTER TABLE away RENAME TO resources').run()
      log.mockRestore()
    }
  })
})

describe('a dry run', () => {
  it('checks and calls nothing', async () => {
    await weir.client.createFunction({ ...settings(FunctionName), Publish: true })
    const result = await invoke({ InvocationType: 'DryRun', Qualifier: '1' })
    expect(result).toMatchObject({ StatusCode: 204, ExecutedVersion: '1' })
    expect(calls).toEqual([])
  })
})
