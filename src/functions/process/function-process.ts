// The main module of the function process, where the isolates of functions live. cli/functions/ starts it.

import { waitUntil, exports as workerExports } from 'cloudflare:workers'
import { asciiJson } from '../../lib/ascii-json.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Answered } from '../invocation.ts'
import { VersionLoader } from '../load-version.ts'
import { LoadedVersions } from '../loaded-versions.ts'
import type { CallLog, LogTarget } from '../log-lines.ts'
import type { Manifest } from '../manifest.ts'
import { type ControlPlaneDoor, Outbound as Door, type OutboundProps } from '../outbound.ts'
import { OwnAddress } from '../own-address.ts'
import type { NotRun, Run, RunVersion } from '../run-version.ts'
import { FrameBody } from '../runtime/shim/frame-body.ts'
import {
  CALLS,
  type CallEnd,
  type CallKind,
  type ForwardedCall,
  HEAD_HEADER,
  PING,
  ROLE_CALL_HEADER,
  type RunHead,
  SOURCE,
  type Starting,
  TOKEN_HEADER,
  type WarmHead,
} from './protocol.ts'
import { isToken } from './serve-source.ts'
import { sourceOverHttp } from './source-over-http.ts'
import { takeBytes, takeLengthAnd } from './take-bytes.ts'

interface ProcessEnv {
  readonly LOADER: WorkerLoader
  readonly WEIR_LOCAL: '1'
  /** Of the Weir that it works for: `http://localhost:8787` */
  readonly WEIR_URL: string
  readonly WEIR_FUNCTIONS_TOKEN: string
}

/** Lambda's own limit for starting a function. */
const WARM_SECONDS = 10

let versions: RunVersion | undefined

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (!isToken(request.headers.get(TOKEN_HEADER), env.WEIR_FUNCTIONS_TOKEN)) {
      return new Response('not yours\n', { status: 403 })
    }
    if (pathname === PING) return new Response()
    const kind = (Object.keys(CALLS) as CallKind[]).find(key => CALLS[key] === pathname)
    if (!kind || !request.body) return new Response('not found\n', { status: 404 })
    versions ??= versionsOf(env)
    const answer = new FrameBody()
    const { signal } = request
    const body = request.body as ReadableStream<Uint8Array>
    // A caller that goes away calls the call off by the signal; what it leaves behind is put in order here.
    waitUntil(
      SERVE[kind]({ head: request.headers.get(HEAD_HEADER)!, body, signal, answer, versions }).catch(
        error => {
          if (!signal.aborted) console.error('a call failed unexpectedly', error)
          return endUnmade(answer, { kind: 'not-run', reason: 'unavailable', cause: error }).catch(() => {})
        },
      ),
    )
    return new Response(answer.readable)
  },
} satisfies ExportedHandler<ProcessEnv>

interface Call {
  readonly head: string
  readonly body: ReadableStream<Uint8Array>
  readonly signal: AbortSignal
  readonly answer: FrameBody
  readonly versions: RunVersion
}

const SERVE = {
  async run(call) {
    const { answer } = call
    const result = await call.versions.run(await runOf(call))
    if (result.kind === 'not-run') return endUnmade(answer, result)
    const { payload, ...ended } = result
    await answer.write('data', encoder.encode(payload))
    const { end, lines } = endOf(ended)
    await answer.end(end satisfies CallEnd, lines)
  },

  async stream(call) {
    const { answer } = call
    const result = await call.versions.stream(await runOf(call))
    if (result.kind === 'not-run') return endUnmade(answer, result)
    const { executedVersion, contentType } = result
    await answer.write('begin', encoder.encode(JSON.stringify({ executedVersion, contentType })))
    for await (const piece of result.body) await answer.write('data', piece)
    const { end, lines } = endOf(await result.ending)
    await answer.end({ kind: 'ended', ...end } satisfies CallEnd, lines)
  },

  async warm({ head, body, answer, versions }) {
    const { manifest, isolates } = JSON.parse(head) as WarmHead
    const start = { name: manifest, version: '', memorySize: 0, timeout: WARM_SECONDS }
    await confirmed(start, answer, body)
    await versions.warm(manifest, isolates)
    await answer.end({ kind: 'warm' } satisfies CallEnd, '')
  },
} satisfies Record<CallKind, (call: Call) => Promise<void>>

/** The lines go apart, and what is made of them is made elsewhere. */
function endOf<T extends Pick<Answered, 'log' | 'logs'>>(ended: T) {
  const { log, logs: _, ...end } = ended
  const { lines = '', ...logHead } = log ?? {}
  return { end: { ...end, ...(log && { logHead: logHead as Omit<CallLog, 'lines'> }) }, lines }
}

async function runOf({ head, body, signal, answer }: Call): Promise<Run> {
  const payload = await takeLengthAnd(body)
  let start: Promise<void> | undefined
  const starting = ({ name, version, memorySize, timeout }: Manifest, target: LogTarget) => {
    start ??= confirmed({ name, version, memorySize, timeout, target }, answer, body)
    return start
  }
  return { ...(JSON.parse(head) as RunHead), payload, signal, starting }
}

/** Says that a function is about to be called, and waits for the word to do it. */
async function confirmed(start: Starting, answer: FrameBody, body: Call['body']): Promise<void> {
  await answer.write('starting', encoder.encode(JSON.stringify(start)))
  await takeBytes(body, 1)
}

function endUnmade(answer: FrameBody, { kind, reason, trouble, cause }: NotRun): Promise<void> {
  return answer.end(
    { kind, reason, trouble, cause: cause === undefined ? undefined : String(cause) } satisfies CallEnd,
    '',
  )
}

const versionsOf = (env: ProcessEnv): RunVersion =>
  new LoadedVersions({
    loader: new VersionLoader({
      loader: env.LOADER,
      source: sourceOverHttp({ url: env.WEIR_URL, token: env.WEIR_FUNCTIONS_TOKEN }),
      outbound: props => (workerExports as unknown as OutboundExports).Outbound({ props }),
    }),
    clock: systemClock,
    random: () => Math.random(),
    defer: waitUntil,
  })

interface OutboundExports {
  Outbound(options: { props: OutboundProps }): Fetcher
}

/** The way out of the isolates here: the control plane is in another process. */
export class Outbound extends Door {
  protected readonly controlPlane: ControlPlaneDoor = (request, call) => {
    const { WEIR_URL, WEIR_FUNCTIONS_TOKEN } = this.env as unknown as ProcessEnv
    const { url, method } = request
    const headers = new Headers(request.headers)
    headers.set(TOKEN_HEADER, WEIR_FUNCTIONS_TOKEN)
    headers.set(ROLE_CALL_HEADER, asciiJson({ url, method, call } satisfies ForwardedCall))
    // A POST whatever it was: wrangler repeats GETs when Weir is reloaded.
    return fetch(`${WEIR_URL}${SOURCE}aws`, {
      method: 'POST',
      headers,
      body: request.body,
      redirect: 'manual',
    })
  }

  protected isOwnAddress(url: URL): boolean {
    const own = new OwnAddress()
    own.note(new Request((this.env as unknown as ProcessEnv).WEIR_URL))
    return own.has(url)
  }
}

const encoder = new TextEncoder()
