import { hex } from '../../lib/hash.ts'
import { joinBytes } from '../../lib/join-bytes.ts'
import { BlobSpill } from './blob-spill.ts'

export interface ReadBody {
  readonly bytes: Uint8Array
  /** Of the body as it was sent. */
  readonly sha256: string
  /** Large binary members that were taken out of the document while it streamed in, in order. */
  readonly spill?: BlobSpill
}

type BodyFailure = 'too-large' | 'broken'

/**
 * Reads a request's body once: hashes it as it arrives and, for operations that carry packages of code, decodes
 * their large base64 members on the way, so that a 20 MB package never stands in memory as text.
 *
 * @param limit bytes of body at most
 * @param spillMembers names of JSON members that hold large binary values; none for most operations
 */
export async function readBody(
  request: Request,
  limit: number,
  spillMembers: ReadonlySet<string>,
): Promise<ReadBody | BodyFailure> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  // What is not read is left alone: cancelling it would end the connection before the client sees the answer.
  if (declared > limit) return 'too-large'
  if (!request.body) return { bytes: new Uint8Array(), sha256: EMPTY_SHA256 }
  const digest = new crypto.DigestStream('SHA-256')
  const hashing = digest.getWriter()
  const spill = spillMembers.size > 0 ? new BlobSpill(spillMembers, declared, limit) : undefined
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.length
      if (size > limit) {
        await discardRest(reader, size)
        return 'too-large'
      }
      await hashing.write(value)
      if (spill) spill.write(value)
      else chunks.push(value)
    }
  } catch {
    return 'broken'
  }
  await hashing.close()
  const sha256 = hex(new Uint8Array(await digest.digest))
  return { bytes: spill ? spill.end() : joinBytes(chunks, size), sha256, spill }
}

/** The largest body that a deployed Worker is sent: https://developers.cloudflare.com/workers/platform/limits/ */
const LARGEST_BODY = 100 * 1024 * 1024

/**
 * Takes in what a client still sends of a body that it did not declare the size of: most clients read no answer
 * before they have sent everything, and a connection closed before that is an error to them, not an answer.
 */
async function discardRest(reader: ReadableStreamDefaultReader<Uint8Array>, received: number): Promise<void> {
  for (let size = received; size <= LARGEST_BODY; ) {
    const { done, value } = await reader.read()
    if (done) return
    size += value.length
  }
  await reader.cancel().catch(() => {})
}

/** SHA-256 of no bytes. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
