import { shortId } from '../../../lib/ids.ts'

/** Characters, lower-case letters and digits. */
const LENGTH = 51

export const newClientSecret = (): string => shortId(LENGTH)
