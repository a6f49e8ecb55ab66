import { createHash } from 'node:crypto'

/** What Workers have and Node has not: a stream that hashes what is written to it. */
class NodeDigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>

  constructor() {
    const hash = createHash('sha256')
    const { promise, resolve } = Promise.withResolvers<ArrayBuffer>()
    super({
      write: chunk => void hash.update(chunk),
      close: () => resolve(Uint8Array.from(hash.digest()).buffer),
    })
    this.digest = promise
  }
}

/** Gives Node's `crypto` the one class of Workers' that the wire uses. */
export function provideDigestStream(): void {
  if (!('DigestStream' in crypto)) Object.assign(crypto, { DigestStream: NodeDigestStream })
}
