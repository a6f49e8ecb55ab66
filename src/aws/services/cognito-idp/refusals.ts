import { invalidParameter } from '../../../identity/user-pools/refusals.ts'
import { Refusal } from '../../../lib/refusal.ts'

export {
  disabled,
  invalidParameter,
  noSuchUser,
  notAuthorized,
  wrongCredentials,
} from '../../../identity/user-pools/refusals.ts'

// Sentences as Cognito itself answers them; clients and tools match on some of them.

export const notFound = (message: string): Refusal => new Refusal('ResourceNotFoundException', message)
export const limitExceeded = (message: string): Refusal => new Refusal('LimitExceededException', message)

export const rateExceeded = (): Refusal => new Refusal('TooManyRequestsException', 'Rate exceeded')

/** Something that Cognito has and Weir refuses, because ignoring it would change what a caller gets. */
export const unsupported = (what: string): Refusal => invalidParameter(`Weir does not support ${what} yet`)

export const noSuchPool = (id: string): Refusal => notFound(`User pool ${id} does not exist.`)
export const noSuchClient = (id: string): Refusal => notFound(`User pool client ${id} does not exist.`)
export const noSuchGroup = (): Refusal => notFound('Group not found.')
export const noSuchServer = (identifier: string): Refusal =>
  notFound(`Resource server ${identifier} does not exist.`)

export const concurrentModification = (cause: unknown): Refusal =>
  new Refusal(
    'ConcurrentModificationException',
    'Request was rejected because multiple requests to change this object were submitted simultaneously.',
    { cause },
  )
