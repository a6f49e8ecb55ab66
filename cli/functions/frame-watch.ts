import { FRAME_HEAD, type FrameKind, frameKindOf } from '../../src/functions/runtime/stream-frames.ts'

/** Follows the frames of an answer that is handed on as it comes. */
export class FrameWatch {
  readonly #onFrame: (kind: FrameKind, bytes: Buffer) => void
  #head = Buffer.alloc(0)
  #kind: FrameKind | undefined
  #left = 0
  #kept: Buffer[] = []

  /** @param onFrame hears of every frame but `data` once it is whole */
  constructor(onFrame: (kind: FrameKind, bytes: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** Whether another frame may follow here. */
  get isBetween(): boolean {
    return this.#kind === undefined && this.#head.length === 0
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#kind === undefined) {
        const missing = FRAME_HEAD - this.#head.length
        this.#head = Buffer.concat([this.#head, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (this.#head.length < FRAME_HEAD) return
        this.#kind = frameKindOf(this.#head[0]!)
        if (!this.#kind) throw new Error(`no frame begins with ${this.#head[0]}`)
        this.#left = this.#head.readUInt32BE(1)
      }
      const piece = rest.subarray(0, this.#left)
      rest = rest.subarray(piece.length)
      this.#left -= piece.length
      if (this.#kind !== 'data') this.#kept.push(piece)
      if (this.#left > 0) return
      const kind: FrameKind = this.#kind
      const bytes = Buffer.concat(this.#kept)
      this.#head = Buffer.alloc(0)
      this.#kind = undefined
      this.#kept = []
      if (kind !== 'data') this.#onFrame(kind, bytes)
    }
  }
}
