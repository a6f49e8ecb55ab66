import type { GetUserPoolMfaConfigResponse } from '@aws-sdk/client-cognito-identity-provider'
import { issuerOf } from '../../../../identity/user-pools/pool-issuer.ts'
import { newPoolKey, nextKeyChange } from '../../../../identity/user-pools/pool-keys.ts'
import {
  clients,
  type PoolRecord,
  poolDomains,
  poolGroups,
  pools,
  resourceServers,
} from '../../../../identity/user-pools/pool-records.ts'
import { countUsersOf, removeUsersOf, thinOutUsersOf } from '../../../../identity/user-pools/users/users.ts'
import { shortId } from '../../../../lib/ids.ts'
import { describePool, listedPool } from '../answers.ts'
import {
  type CognitoHandlers,
  change,
  changePool,
  contextOf,
  findPool,
  poolPublication,
  publishPool,
} from '../context.ts'
import { LIMITS } from '../limits.ts'
import { mfaOf } from '../mfa-rules.ts'
import { pageOf } from '../pages.ts'
import { poolSettings } from '../pool-rules.ts'
import { invalidParameter, limitExceeded } from '../refusals.ts'
import { schemaOf, withCustomAttributes } from '../schema-rules.ts'
import { withTags } from '../tag-rules.ts'

/** Of a pool's id, behind the region. */
const ID_LENGTH = 9

const describeMfa = ({ settings, softwareTokenMfa, smsMfa }: PoolRecord): GetUserPoolMfaConfigResponse => ({
  MfaConfiguration: settings.MfaConfiguration,
  SoftwareTokenMfaConfiguration: softwareTokenMfa,
  SmsMfaConfiguration: smsMfa
    ? {
        SmsConfiguration: settings.SmsConfiguration,
        SmsAuthenticationMessage: settings.SmsAuthenticationMessage,
      }
    : undefined,
})

export const poolOperations = {
  async CreateUserPool(input, call) {
    const context = contextOf(call)
    const { account, platform, records, now } = context
    const { PoolName, UserPoolTags, Schema, ...settings } = input
    const id = `${account.region}_${shortId(ID_LENGTH)}`
    const checked = poolSettings(settings)
    const pool: PoolRecord = {
      name: PoolName,
      created: now,
      modified: now,
      settings: checked,
      smsMfa: checked.MfaConfiguration !== 'OFF',
      schema: schemaOf(Schema ?? []),
      tags: withTags({}, UserPoolTags ?? {}),
      issuer: issuerOf(platform.origin, id),
      keys: [await newPoolKey(platform.secrets, account.id, now)],
    }
    const doc = { ...pool, keysDue: nextKeyChange(pool.keys) }
    await change(async () => {
      if ((await records.count(pools, '')) >= LIMITS.pools) {
        throw limitExceeded(`User pool limit exceeded: an account can have ${LIMITS.pools} in a region.`)
      }
      await records.change().create(pools, { parent: '', id }, doc).publish(poolPublication(id)).commit()
    })
    await publishPool(context, id)
    return { UserPool: describePool(account, id, doc, 0) }
  },

  async DescribeUserPool(input, call) {
    const context = contextOf(call)
    const [{ id, doc }, users] = await Promise.all([
      findPool(context, input.UserPoolId),
      countUsersOf(context.platform.env.DB, input.UserPoolId),
    ])
    return { UserPool: describePool(context.account, id, doc, users) }
  },

  async ListUserPools(input, call) {
    const request = { limit: input.MaxResults, token: input.NextToken }
    const { items, next } = await pageOf(contextOf(call).records, pools, '', 'pools', request, listedPool)
    return { UserPools: items, NextToken: next }
  },

  /** What is not said goes back to its default; names, sign-in attributes and the schema stay as they are. */
  async UpdateUserPool(input, call) {
    const context = contextOf(call)
    const { UserPoolId, PoolName, UserPoolTags, ...said } = input
    await changePool(context, UserPoolId, pool => {
      const { AliasAttributes, UsernameAttributes, UsernameConfiguration } = pool.settings
      const settings = poolSettings(said, pool)
      const hasMfa = settings.MfaConfiguration !== 'OFF'
      return {
        ...pool,
        name: PoolName ?? pool.name,
        modified: context.now,
        settings: {
          ...settings,
          ...(AliasAttributes && { AliasAttributes }),
          ...(UsernameAttributes && { UsernameAttributes }),
          ...(UsernameConfiguration && { UsernameConfiguration }),
        },
        softwareTokenMfa: hasMfa ? pool.softwareTokenMfa : undefined,
        smsMfa: hasMfa && settings.SmsConfiguration !== undefined,
        tags: UserPoolTags ? withTags({}, UserPoolTags) : pool.tags,
      }
    })
    return {}
  },

  async DeleteUserPool(input, call) {
    const context = contextOf(call)
    const { records, platform } = context
    const { UserPoolId } = input
    await change(async () => {
      const pool = await findPool(context, UserPoolId)
      if (pool.doc.settings.DeletionProtection === 'ACTIVE') {
        throw invalidParameter(
          'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
        )
      }
      if (pool.doc.domain !== undefined || pool.doc.customDomain !== undefined) {
        throw invalidParameter(
          'User pool cannot be deleted. It has a domain configured that should be deleted first.',
        )
      }
      await thinOutUsersOf(platform.env.DB, UserPoolId)
      await records
        .change()
        .remove(pools, pool)
        .removeAll(clients, UserPoolId)
        .removeAll(poolGroups, UserPoolId)
        .removeAll(resourceServers, UserPoolId)
        .removeAll(poolDomains, UserPoolId)
        .also(removeUsersOf(platform.env.DB, UserPoolId))
        .publish(poolPublication(UserPoolId))
        .commit()
    })
    await publishPool(context, UserPoolId)
    return {}
  },

  async AddCustomAttributes(input, call) {
    const context = contextOf(call)
    await changePool(context, input.UserPoolId, pool => ({
      ...pool,
      modified: context.now,
      schema: withCustomAttributes(pool.schema, input.CustomAttributes),
    }))
    return {}
  },

  async SetUserPoolMfaConfig(input, call) {
    const context = contextOf(call)
    const pool = await changePool(context, input.UserPoolId, before => ({
      ...before,
      modified: context.now,
      ...mfaOf(before, input),
    }))
    return describeMfa(pool)
  },

  async GetUserPoolMfaConfig(input, call) {
    const { doc } = await findPool(contextOf(call), input.UserPoolId)
    return describeMfa(doc)
  },
} satisfies CognitoHandlers
