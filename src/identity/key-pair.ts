import { toBase64 } from '../lib/base64.ts'
import { randomBytes } from '../lib/random.ts'
import { entityId } from './entity-id.ts'

/** What requests are signed with. */
export interface KeyPair {
  /** `AKIA` or `ASIA`, and sixteen letters and digits. */
  readonly accessKeyId: string
  /** Forty characters. */
  readonly secretAccessKey: string
}

/** Characters: one fewer than other entities' ids have. */
const ID_LENGTH = 20

/** Bytes of randomness; forty characters in base64. */
const SECRET_BYTES = 30

/** @param prefix `AKIA` of a key that is somebody's for long, `ASIA` of a session's */
export const newKeyPair = (prefix: 'AKIA' | 'ASIA'): KeyPair => ({
  accessKeyId: entityId(prefix).slice(0, ID_LENGTH),
  secretAccessKey: toBase64(randomBytes(SECRET_BYTES)),
})
