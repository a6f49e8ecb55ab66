// What Weir's modules find in place of the platform's: `cloudflare:workers`, and the globals that tell or take time.
// The bundle imports this very module, so there is one platform to a process.

import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash, webcrypto } from 'node:crypto'
import { VirtualTime } from './virtual-time.ts'

export const time = new VirtualTime(Date.now())

/** Something that a pending timer keeps in memory. */
export interface TimerHolder {
  hold(): void
  release(): void
}

/** The object whose code is running. */
export const running = new AsyncLocalStorage<TimerHolder>()

class VirtualDate extends Date {
  constructor(...parts: [] | [number | string | Date]) {
    super(...((parts.length === 0 ? [time.now] : parts) as [number]))
  }

  static override now(): number {
    return Math.floor(time.now)
  }
}

export { VirtualDate as Date }

const holders = new Map<number, TimerHolder>()

export function setTimeout(callback: () => void, ms = 0): number {
  const holder = running.getStore()
  holder?.hold()
  const id = time.after(ms, () => {
    holders.delete(id)
    const run = () => {
      callback()
      holder?.release()
    }
    if (holder) running.run(holder, run)
    else run()
  })
  if (holder) holders.set(id, holder)
  return id
}

export function clearTimeout(id: number | undefined): void {
  if (id === undefined) return
  time.drop(id)
  holders.get(id)?.release()
  holders.delete(id)
}

export const scheduler = { wait: (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)) }

const subtle = new Proxy(webcrypto.subtle, {
  get(target, name) {
    const method = Reflect.get(target, name) as (...parts: unknown[]) => Promise<unknown>
    return (...parts: unknown[]) => time.meanwhile(method.apply(target, parts))
  },
})

/** What Workers have beside the standard. */
class DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>

  constructor() {
    const hash = createHash('sha256')
    const { promise, resolve } = Promise.withResolvers<ArrayBuffer>()
    super({
      write(piece) {
        hash.update(piece)
      },
      close: () => resolve(new Uint8Array(hash.digest()).buffer),
    })
    this.digest = promise
  }
}

export const crypto = {
  subtle,
  DigestStream,
  randomUUID: () => webcrypto.randomUUID(),
  getRandomValues: <T extends Uint8Array>(array: T) => webcrypto.getRandomValues(array),
}

export class DurableObject {
  readonly ctx: unknown
  readonly env: unknown

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx
    this.env = env
  }
}
export class WorkerEntrypoint extends DurableObject {}

export function waitUntil(work: Promise<unknown>): void {
  Promise.resolve(work).catch(error => console.error('deferred work failed', error))
}

/** Stubs of the Worker's own entrypoints; a loaded function's way out is never taken here. */
export const exports = { Outbound: () => ({}), FunctionCaller: {} }

export const connect = (): never => {
  throw new Error('nothing is connected to here')
}
