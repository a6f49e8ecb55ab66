import { BASE32_ALPHABET } from '../lib/base32.ts'
import { sha256 } from '../lib/hash.ts'
import { randomBytes } from '../lib/random.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
type EntityPrefix = 'AROA' | 'ANPA' | 'AIDA' | 'AGPA' | 'AKIA' | 'ASIA' | 'AIPA'

const LENGTH = 17

/** A unique id of an IAM entity: `AROA` and 17 letters and digits. */
export const entityId = (prefix: EntityPrefix, random: Uint8Array = randomBytes(LENGTH)): string =>
  prefix + Array.from(random.subarray(0, LENGTH), byte => BASE32_ALPHABET[byte % 32]).join('')

/** Of an entity that no record describes: always the same for the same name. */
export const derivedEntityId = async (prefix: EntityPrefix, name: string): Promise<string> =>
  entityId(prefix, await sha256(name))
