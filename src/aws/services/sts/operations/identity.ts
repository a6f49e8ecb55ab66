import type { STS } from '@aws-sdk/client-sts'
import { type Authority, standingOf } from '../../../../identity/authority.ts'
import { userIdOf } from '../../../../identity/signed-caller.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'

export const identityOperations = ({ authority }: { readonly authority: Authority }) =>
  ({
    async GetCallerIdentity(_input, { identity }) {
      const { account, arn } = identity
      return { Account: account, Arn: arn, UserId: userIdOf(identity, await standingOf(authority, identity)) }
    },
  }) satisfies Handlers<STS, Platform>
