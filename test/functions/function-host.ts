import { env as workerEnv } from 'cloudflare:workers'
import type { Env } from '../../src/env.ts'
import type { Invocation, InvocationResult } from '../../src/functions/invocation.ts'
import { type FunctionHost, invokeFunction } from '../../src/functions/invoke.ts'
import { VersionLoader } from '../../src/functions/load-version.ts'
import type { FunctionPointer } from '../../src/functions/manifest.ts'
import { PointerCache } from '../../src/pointers/pointer-cache.ts'
import { pointerReader } from '../../src/pointers/pointer-store.ts'
import { type Harness, lambdaHarness, settings } from '../aws/services/lambda/lambda-harness.ts'
import { type Files, zipOf } from './runtime/load-function.ts'

export const bindings = workerEnv as unknown as Env

/** An isolate of the data plane: what runs functions, over the real bindings and loader. */
export interface Isolate {
  readonly host: FunctionHost
  invoke(name: string, event?: unknown, more?: Partial<Invocation>): Promise<InvocationResult>
  /** As {@link invoke}; the payload, parsed. Throws when the call was refused or the function failed. */
  valueOf<T>(name: string, event?: unknown, more?: Partial<Invocation>): Promise<T>
}

let requests = 0

/** @param overrides bindings that behave otherwise */
export function isolateOf(weir: Harness, overrides: Partial<Env> = {}): Isolate {
  const env: Env = { ...weir.env, ...overrides }
  const host: FunctionHost = {
    pointers: new PointerCache<FunctionPointer>({
      read: pointerReader({ objects: env.ALIAS_ROUTER, documents: env.STORE }),
      clock: Date.now,
      defer: () => {},
    }),
    loader: new VersionLoader(env),
    clock: Date.now,
    random: Math.random,
    defer: () => {},
  }
  const invoke: Isolate['invoke'] = (name, event = {}, more = {}) =>
    invokeFunction(host, {
      account: weir.account,
      name,
      payload: JSON.stringify(event),
      requestId: `request-${++requests}`,
      ...more,
    })
  return {
    host,
    invoke,
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
