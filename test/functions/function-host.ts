import { env as workerEnv, exports as workerExports } from 'cloudflare:workers'
import type { Env } from '../../src/env.ts'
import { storedCode } from '../../src/functions/code-source.ts'
import type { Execution } from '../../src/functions/executions/execution-usage.ts'
import type { Invocation, InvocationResult, Refused, Streamed } from '../../src/functions/invocation.ts'
import { type FunctionHost, invokeFunction, streamFunction } from '../../src/functions/invoke.ts'
import { VersionLoader } from '../../src/functions/load-version.ts'
import { LoadedVersions } from '../../src/functions/loaded-versions.ts'
import type { FunctionPointer } from '../../src/functions/manifest.ts'
import type { OutboundProps } from '../../src/functions/outbound.ts'
import { PointerCache } from '../../src/pointers/pointer-cache.ts'
import { pointerReader } from '../../src/pointers/pointer-store.ts'
import { type Harness, lambdaHarness, settings } from '../aws/services/lambda/lambda-harness.ts'
import { type Files, zipOf } from './runtime/load-function.ts'

export const bindings = workerEnv as unknown as Env

/** An isolate of the data plane: what runs functions, over the real bindings and loader. */
export interface Isolate {
  readonly host: FunctionHost
  readonly loader: VersionLoader
  /** What was charged so far. */
  readonly executions: readonly Execution[]
  stream(name: string, event?: unknown, more?: Partial<Invocation>): Promise<Streamed | Refused>
  invoke(name: string, event?: unknown, more?: Partial<Invocation>): Promise<InvocationResult>
  /** As {@link invoke}; the payload, parsed. Throws when the call was refused or the function failed. */
  valueOf<T>(name: string, event?: unknown, more?: Partial<Invocation>): Promise<T>
}

let requests = 0

/**
 * @param overrides bindings that behave otherwise
 * @param more parts of the host that do
 */
export function isolateOf(
  weir: Harness,
  overrides: Partial<Env> = {},
  more: Partial<FunctionHost> = {},
): Isolate {
  const env: Env = { ...weir.env, ...overrides }
  const { random = Math.random } = more
  const executions: Execution[] = []
  const loader = new VersionLoader({
    loader: env.LOADER,
    source: storedCode(env),
    outbound: props =>
      (workerExports as unknown as { Outbound(options: { props: OutboundProps }): Fetcher }).Outbound({
        props,
      }),
  })
  const host: FunctionHost = {
    pointers: new PointerCache<FunctionPointer>({
      read: pointerReader({ objects: env.ALIAS_ROUTER, documents: env.STORE }),
      clock: Date.now,
      defer: () => {},
    }),
    versions: new LoadedVersions({ loader, clock: Date.now, random, defer: () => {} }),
    concurrency: { enter: () => 'unreachable' },
    executions: { record: execution => executions.push(execution) },
    clock: Date.now,
    random,
    defer: () => {},
    ...more,
  }
  const invocationOf = (name: string, event: unknown, more: Partial<Invocation>): Invocation => ({
    account: weir.account,
    name,
    payload: JSON.stringify(event),
    requestId: `request-${++requests}`,
    ...more,
  })
  const invoke: Isolate['invoke'] = (name, event = {}, more = {}) =>
    invokeFunction(host, invocationOf(name, event, more))
  return {
    host,
    loader,
    executions,
    invoke,
    stream: (name, event = {}, more = {}) => streamFunction(host, invocationOf(name, event, more)),
    async valueOf(name, event, more) {
      const result = await invoke(name, event, more)
      if (result.kind === 'refused' || result.functionError) throw new Error(JSON.stringify(result))
      return JSON.parse(result.payload)
    },
  }
}

/** Deploys a package through the Lambda API. */
export async function deploy(
  weir: Harness,
  name: string,
  files: Files | string,
  more: object = {},
): Promise<void> {
  const code = typeof files === 'string' ? { 'index.js': files } : files
  await weir.client.createFunction({ ...settings(name), Code: { ZipFile: zipOf(code) }, ...more })
}

export { type Harness, lambdaHarness }
