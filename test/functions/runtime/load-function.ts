import { env as bindings } from 'cloudflare:workers'
import { type Zippable, zipSync } from 'fflate'
import type { Env } from '../../../src/env.ts'
import { prepareUpload } from '../../../src/functions/prepare/prepare-upload.ts'
import {
  type CallContext,
  callRuntime,
  type RuntimeReply,
} from '../../../src/functions/runtime/call-runtime.ts'
import {
  type PackageSource,
  type WorkerCodeOptions,
  workerCode,
} from '../../../src/functions/runtime/code-for.ts'
import { CONTINUED } from '../../../src/functions/runtime/shim-manifest.ts'

export type Files = Record<string, string | Uint8Array>

export function zipOf(files: Files): Uint8Array {
  const entries: Zippable = {}
  for (const path in files) {
    const content = files[path]!
    entries[path] = typeof content === 'string' ? new TextEncoder().encode(content) : content
  }
  return zipSync(entries, { level: 1 })
}

const env = bindings as unknown as Env
let loaded = 0

export interface LoadedFunction {
  entrypoint: Fetcher
  /** Calls it and gives what came back, the payload parsed. */
  call(event?: unknown, context?: Partial<CallContext>, signal?: AbortSignal): Promise<Called>
}

export interface Called {
  kind: RuntimeReply['kind']
  failed: boolean
  exited: boolean
  value: unknown
  logs: string
}

/** Prepares a package and loads it as the platform would. */
export async function loadFunction(
  files: Files | Uint8Array,
  options: Partial<WorkerCodeOptions> = {},
): Promise<LoadedFunction> {
  const code = await codeOf(files, options)
  const entrypoint = env.LOADER.get(`test-${loaded++}`, () => code).getEntrypoint()
  return {
    entrypoint,
    async call(event, context, signal) {
      const reply = await callRuntime(entrypoint, JSON.stringify(event ?? {}), callContext(context), signal)
      return reply.kind !== 'answered'
        ? { kind: reply.kind, failed: false, exited: false, value: undefined, logs: '' }
        : {
            kind: 'answered',
            failed: reply.functionError !== undefined,
            exited: reply.exited,
            value: JSON.parse(reply.payload),
            logs: reply.logs.replaceAll(CONTINUED, '\n'),
          }
    },
  }
}

export async function codeOf(
  files: Files | Uint8Array,
  options: Partial<WorkerCodeOptions> = {},
): Promise<WorkerLoaderWorkerCode> {
  return workerCode({
    ...(await codeParts(files)),
    handler: 'index.handler',
    globalOutbound: null,
    ...options,
    environment: { ...ITS_OWN, ...options.environment },
  })
}

/** What Lambda tells a function of itself. */
const ITS_OWN = {
  AWS_LAMBDA_FUNCTION_NAME: 'demo',
  AWS_LAMBDA_FUNCTION_VERSION: '7',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/demo',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[7]0123456789abcdef0123456789abcdef',
}

/** A prepared package. */
export async function codeParts(files: Files | Uint8Array): Promise<PackageSource> {
  const parts: Uint8Array[] = []
  const prepared = await prepareUpload(files instanceof Uint8Array ? files : zipOf(files), {
    async write(chunk) {
      parts.push(chunk.slice())
    },
  })
  if (!prepared.ok) throw new Error(`${prepared.message} (${prepared.cause})`)
  return { index: prepared.index, archive: new Blob(parts).stream() }
}

export function callContext(given: Partial<CallContext> = {}): CallContext {
  return {
    requestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:demo:prod',
    deadlineMs: Date.now() + 3000,
    ...given,
  }
}
