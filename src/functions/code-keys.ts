import { PREPARATION } from './prepare/prepare-upload.ts'

/** Where code lies in the store; all of it named by the zip's SHA-256 and therefore never written twice. */
export const codeKeys = (hash: string) => ({
  /** The upload itself, for GetFunction's download. */
  zip: `code/${hash}.zip`,
  /** The prepared modules, one after the other ... */
  archive: `code/${hash}/${PREPARATION}.bin`,
  /** ... and where each of them begins. Written last: if it is there, all of it is. */
  index: `code/${hash}/${PREPARATION}.json`,
})
