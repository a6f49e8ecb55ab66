import { sha256Hex } from '../../lib/hash.ts'
import { Refusal } from '../../lib/refusal.ts'
import { codeKeys } from '../code-keys.ts'
import { type ModuleSink, prepareUpload, UPLOAD_LIMITS } from '../prepare/prepare-upload.ts'
import { readZip } from '../prepare/read-zip.ts'
import { invalidParameter } from './function-refusals.ts'

/** R2 wants parts of one size, at least this, except the last. */
const PART_BYTES = 5 * 1024 * 1024

/** An object's metadata holds 2 KB of ASCII. */
const INLINE_INDEX = /^[\x20-\x7e]{0,1800}$/

export interface StoredCode {
  /** Hexadecimal SHA-256 of the zip. */
  readonly hash: string
  /** Bytes of the zip. */
  readonly size: number
  /** Bytes of the files in it. */
  readonly unpackedSize: number
}

/** Refuses a zip that {@link storeCode} would refuse, and stores nothing. */
export async function checkCode(zip: Uint8Array): Promise<StoredCode> {
  checkNotEmpty(zip)
  const prepared = await prepareUpload(zip, { write: async () => {} })
  if (!prepared.ok) throw new Refusal(prepared.code, prepared.message, { members: { Type: 'User' } })
  return describe(zip)
}

async function describe(zip: Uint8Array): Promise<StoredCode> {
  const directory = readZip(zip, UPLOAD_LIMITS)
  const entries = directory.ok ? directory.entries : []
  return {
    hash: await sha256Hex(zip),
    size: zip.length,
    unpackedSize: entries.reduce((sum, { size }) => sum + size, 0),
  }
}

function checkNotEmpty(zip: Uint8Array): void {
  if (zip.length === 0) throw invalidParameter('Uploaded file must be a non-empty zip')
}

/** Prepares an uploaded zip and puts it into the store. Refuses what is not a usable package. */
export async function storeCode(store: R2Bucket, zip: Uint8Array): Promise<StoredCode> {
  checkNotEmpty(zip)
  const stored = await describe(zip)
  const keys = codeKeys(stored.hash)
  if (await store.head(keys.index)) return stored
  const sink = new R2Sink(store, keys.archive)
  const prepared = await prepareUpload(zip, sink)
  if (!prepared.ok) {
    await sink.abort()
    throw new Refusal(prepared.code, prepared.message, { members: { Type: 'User' } })
  }
  const index = JSON.stringify(prepared.index)
  await sink.end(index)
  await store.put(keys.zip, zip)
  await store.put(keys.index, index)
  return stored
}

/** Writes one object piece by piece while holding no more than one part of it. */
class R2Sink implements ModuleSink {
  readonly #store: R2Bucket
  readonly #key: string
  readonly #buffer = new Uint8Array(PART_BYTES)
  #filled = 0
  #upload: R2MultipartUpload | undefined
  readonly #parts: R2UploadedPart[] = []

  constructor(store: R2Bucket, key: string) {
    this.#store = store
    this.#key = key
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let offset = 0; offset < chunk.length; ) {
      const piece = chunk.subarray(offset, offset + PART_BYTES - this.#filled)
      this.#buffer.set(piece, this.#filled)
      this.#filled += piece.length
      offset += piece.length
      if (this.#filled === PART_BYTES) await this.#flush()
    }
  }

  /** @param index goes along with a small archive, so that one read brings both */
  async end(index: string): Promise<void> {
    if (!this.#upload) {
      const customMetadata = INLINE_INDEX.test(index) ? { index } : undefined
      await this.#store.put(this.#key, this.#buffer.subarray(0, this.#filled), { customMetadata })
      return
    }
    if (this.#filled > 0) await this.#flush()
    await this.#upload.complete(this.#parts)
  }

  async abort(): Promise<void> {
    await this.#upload?.abort()
  }

  async #flush(): Promise<void> {
    this.#upload ??= await this.#store.createMultipartUpload(this.#key)
    const part = this.#buffer.slice(0, this.#filled)
    this.#parts.push(await this.#upload.uploadPart(this.#parts.length + 1, part))
    this.#filled = 0
  }
}
