import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http'
import {
  CALLS,
  type CallKind,
  type Cut,
  HEAD_HEADER,
  type RunHead,
  type Starting,
  TOKEN_HEADER,
  type WarmHead,
} from '../../src/functions/process/protocol.ts'
import { lengthBefore } from '../../src/functions/process/take-bytes.ts'
import { frameHead } from '../../src/functions/runtime/stream-frames.ts'
import { FrameWatch } from './frame-watch.ts'
import type { FunctionProcess } from './function-process.ts'
import type { Running } from './judge-calls.ts'

export interface RunningFunction extends Running {
  readonly function: Starting
}

export interface CallListener {
  /** Anything was heard of the process. */
  heard(): void
  /** The function waits for its event: `go` gives it. In vain if the call was withdrawn meanwhile. */
  ready(go: () => RunningFunction | undefined): void
  /** The connection broke, or the answer makes no sense; the process itself may be well. */
  lost(): void
  /** The caller has its answer (`well`: the process gave it), or went away. */
  over(how: 'well' | 'otherwise'): void
}

/** One call of a function on its way through the supervisor. */
export class RelayedCall {
  readonly kind: CallKind
  /** How often it was sent to a process. */
  sent = 0
  /** Set once the function has its event: from then on it cannot be called again by anybody but the caller. */
  running: RunningFunction | undefined
  readonly #head: string
  readonly #payload: Uint8Array
  readonly #answer: ServerResponse
  #asking: ClientRequest | undefined
  #listener: CallListener | undefined
  #watch: FrameWatch | undefined

  constructor(kind: CallKind, head: string, payload: Uint8Array, answer: ServerResponse) {
    this.kind = kind
    this.#head = head
    this.#payload = lengthBefore(payload)
    this.#answer = answer
    answer.once('close', () => {
      if (answer.writableEnded) return
      this.withdraw()
      this.#listener?.over('otherwise')
    })
  }

  /** Nobody waits for it any more. */
  get isOver(): boolean {
    return this.#answer.closed || this.#answer.writableEnded
  }

  send({ agent, port }: FunctionProcess, token: string, listener: CallListener): void {
    this.sent++
    this.#listener = listener
    let ended = false
    const watch = new FrameWatch((kind, bytes) => {
      if (kind === 'starting') {
        const starting = JSON.parse(bytes.toString()) as Starting
        listener.ready(() => (this.#asking === asking ? this.#go(starting) : undefined))
      }
      if (kind === 'end') ended = true
    })
    this.#watch = watch
    const asking = request({
      agent,
      port,
      host: '127.0.0.1',
      path: CALLS[this.kind],
      method: 'POST',
      headers: { [TOKEN_HEADER]: token, [HEAD_HEADER]: this.#head },
    })
    this.#asking = asking
    // What was withdrawn is not listened to any more.
    const lost = () => {
      if (this.#asking === asking) listener.lost()
    }
    asking.setNoDelay(true)
    asking.once('error', lost)
    asking.once('response', (reply: IncomingMessage) => {
      reply.once('error', lost)
      if (reply.statusCode !== 200) return asking.destroy(new Error(`status ${reply.statusCode}`))
      reply.on('data', (chunk: Buffer) => {
        if (this.#asking !== asking) return
        listener.heard()
        try {
          watch.push(chunk)
        } catch (error) {
          asking.destroy(error as Error)
          return
        }
        if (this.#answer.write(chunk)) return
        reply.pause()
        this.#answer.once('drain', () => reply.resume())
      })
      reply.once('end', () => {
        if (this.#asking !== asking) return
        if (!ended) return lost()
        asking.end()
        this.#asking = undefined
        this.#answer.end()
        listener.over('well')
      })
    })
    asking.write(this.#payload)
  }

  /** Takes it back from its process. If that has not begun, it never will. */
  withdraw(): void {
    const asking = this.#asking
    this.#asking = undefined
    asking?.destroy()
  }

  /** Ends it without its process. */
  cut(cut: Cut): void {
    this.withdraw()
    if (!this.isOver) {
      const json = Buffer.from(JSON.stringify(cut))
      if (this.#watch && !this.#watch.isBetween) this.#answer.destroy()
      else this.#answer.end(Buffer.concat([frameHead('cut', json.length), json]))
    }
    this.#listener?.over('otherwise')
  }

  #go(starting: Starting): RunningFunction {
    const at = performance.now()
    const { manifest } = JSON.parse(this.#head) as RunHead | WarmHead
    this.running = { at, due: at + starting.timeout * 1000, code: manifest, function: starting }
    this.#asking?.end(GO)
    return this.running
  }
}

const GO = Buffer.from([1])
