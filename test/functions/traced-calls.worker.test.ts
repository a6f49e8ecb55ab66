import { Lambda } from '@aws-sdk/client-lambda'
import { XRay } from '@aws-sdk/client-xray'
import { zipSync } from 'fflate'
import { beforeAll, expect, it, vi } from 'vitest'
import { clientOptions } from '../whole-weir.ts'

const REGION = 'eu-south-1'
const lambda = new Lambda(clientOptions(REGION))
const xray = new XRay(clientOptions(REGION))

const CODE = `exports.handler = async event => {
  if (event.fail) throw new TypeError('no such pet')
  return process.env._X_AMZN_TRACE_ID
}`

const root = (number: number) =>
  `1-${Math.floor(Date.now() / 1000).toString(16)}-${number.toString(16).padStart(24, '0')}`

async function create(name: string, mode: 'Active' | 'PassThrough'): Promise<void> {
  await lambda.createFunction({
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Role: 'arn:aws:iam::000000000000:role/any',
    Handler: 'index.handler',
    TracingConfig: { Mode: mode },
    Code: { ZipFile: zipSync({ 'index.js': new TextEncoder().encode(CODE) }) },
  })
}

beforeAll(async () => {
  await create('traced', 'PassThrough')
  await create('active', 'Active')
})

/** Calls a function as part of a trace; what the function was told of it. */
async function call(FunctionName: string, header: string | undefined, event: object = {}): Promise<string> {
  const client = new Lambda(clientOptions(REGION))
  client.middlewareStack.add(
    next => args => {
      const { headers } = args.request as { headers: Record<string, string> }
      if (header !== undefined) headers['x-amzn-trace-id'] = header
      return next(args)
    },
    { step: 'build' },
  )
  const { Payload } = await client.invoke({ FunctionName, Payload: JSON.stringify(event) })
  return JSON.parse(new TextDecoder().decode(Payload))
}

interface Document {
  readonly [member: string]: unknown
  readonly origin: string
  readonly id: string
}

/** What is told of a call comes to be known a second later. */
const soon = <T>(read: () => Promise<T>) => vi.waitFor(read, { timeout: 10_000, interval: 100 })

const bothOf = (trace: string): Promise<Document[]> =>
  soon(async () => {
    const segments = await segmentsOf(trace)
    expect(segments).toHaveLength(2)
    return segments
  })

async function segmentsOf(trace: string): Promise<Document[]> {
  const { Traces } = await xray.batchGetTraces({ TraceIds: [trace] })
  return (Traces?.[0]?.Segments ?? [])
    .map(({ Document }) => JSON.parse(Document!) as Document)
    .sort((a, b) => (a.origin < b.origin ? -1 : 1))
}

it('is two segments of the trace of whoever called, and the function is told of the second', async () => {
  const trace = root(1)
  const told = await call('traced', `Root=${trace};Parent=463ac35c9f6413ad;Sampled=1`)
  const [service, run] = await bothOf(trace)
  expect(service).toMatchObject({
    name: 'traced',
    origin: 'AWS::Lambda',
    parent_id: '463ac35c9f6413ad',
    http: { response: { status: 200 } },
  })
  expect(run).toMatchObject({ name: 'traced', origin: 'AWS::Lambda::Function', parent_id: service!.id })
  expect(run!.subsegments).toMatchObject([{ name: 'Initialization' }, { name: 'Invocation' }])
  expect(told).toMatch(new RegExp(`^Root=${trace};Parent=${run!.id};Sampled=1;Lineage=[0-9a-f]{8}:1$`))
})

it('says why the function failed', async () => {
  const trace = root(2)
  await call('traced', `Root=${trace};Sampled=1`, { fail: true })
  const [, run] = await bothOf(trace)
  expect(run).toMatchObject({
    fault: true,
    cause: { exceptions: [{ type: 'TypeError', message: 'no such pet' }] },
  })
})

it('leaves no trace where the caller wants none, or nobody has decided and the function does not ask for it', async () => {
  const [refused, undecided, kept] = [root(3), root(4), root(5)]
  await call('active', `Root=${refused};Sampled=0`)
  await call('traced', `Root=${undecided}`)
  await call('traced', `Root=${kept};Sampled=1`)
  await bothOf(kept)
  expect(await segmentsOf(refused)).toEqual([])
  expect(await segmentsOf(undecided)).toEqual([])
})

it('is decided by the sampling rules for a function that asks for it', async () => {
  const told = await call('active', undefined)
  const [, trace] = /^Root=([^;]+);Parent=[0-9a-f]{16};Sampled=1;/.exec(told) ?? []
  expect((await bothOf(trace!)).map(({ origin }) => origin)).toEqual(['AWS::Lambda', 'AWS::Lambda::Function'])
})
