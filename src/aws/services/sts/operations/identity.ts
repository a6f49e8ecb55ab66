import type { STS } from '@aws-sdk/client-sts'
import { derivedEntityId } from '../../../../identity/entity-id.ts'
import { iamAccount, nameKey, roleArn, roles } from '../../../../identity/iam-records.ts'
import { roleName, sessionName } from '../../../../identity/role-session.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'

export const identityOperations = {
  async GetCallerIdentity(_input, { account, identity, platform }) {
    const { arn, role } = identity
    if (role === undefined) return { Account: account, Arn: arn, UserId: account }
    const record = await platform.records(iamAccount(account)).get(roles, '', nameKey(roleName(role)))
    const known = record && roleArn(account, record.doc) === role
    // A role of a Weir in development need not exist; its sessions have an id all the same.
    const uid = known ? record.doc.uid : await derivedEntityId('AROA', role)
    return { Account: account, Arn: arn, UserId: `${uid}:${sessionName(arn)}` }
  },
} satisfies Handlers<STS, Platform>
