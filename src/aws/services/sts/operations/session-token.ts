import { standingOf } from '../../../../identity/authority.ts'
import { isTemporary } from '../../../../identity/caller.ts'
import { userIdOf } from '../../../../identity/signed-caller.ts'
import {
  accessDenied,
  credentialsFor,
  refuseSecondFactor,
  type StsHandlers,
  type StsPorts,
} from '../context.ts'

/** Seconds. "The default for root is 3600"; it is its longest, too. */
const ROOT_SECONDS = 3_600
const USER_SECONDS = 43_200

export const sessionTokenOperations = ({ authority }: StsPorts) =>
  ({
    async GetSessionToken(input, call) {
      const { identity } = call
      if (identity.role !== undefined || isTemporary(identity)) {
        throw accessDenied('Cannot call GetSessionToken with session credentials')
      }
      refuseSecondFactor(input)
      const { account, arn, user } = identity
      const seconds =
        user === undefined
          ? Math.min(input.DurationSeconds ?? ROOT_SECONDS, ROOT_SECONDS)
          : (input.DurationSeconds ?? USER_SECONDS)
      const id = userIdOf(identity, await standingOf(authority, identity))
      const session = { 'aws:userid': id, 'aws:MultiFactorAuthPresent': 'false' }
      return { Credentials: await credentialsFor(call, { account, arn, user, session }, seconds) }
    },
  }) satisfies StsHandlers
