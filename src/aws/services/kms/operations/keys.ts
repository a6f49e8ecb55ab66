import type { CreateKeyRequest } from '@aws-sdk/client-kms'
import { addKey, publishKey } from '../../../../encryption/kms/create-key.ts'
import { dueOf, keyArn, kmsKeys } from '../../../../encryption/kms/key-records.ts'
import { DAY_MS } from '../../../../lib/utc-day.ts'
import { describeKey } from '../answers.ts'
import {
  changeKey,
  contextOf,
  findKey,
  findOwnKey,
  type KmsHandlers,
  notPendingDeletion,
  placeOf,
} from '../context.ts'
import { checkedPolicy, defaultPolicy } from '../key-policies.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { invalid, invalidState, unsupported } from '../refusals.ts'
import { withTags } from '../tag-rules.ts'

export const keyOperations = {
  async CreateKey(input, call) {
    checkSpec(input)
    const { account, platform, records, now } = contextOf(call)
    const place = { account, id: crypto.randomUUID() }
    const policy =
      input.Policy === undefined
        ? defaultPolicy(account.id)
        : checkedPolicy(input.Policy, call.identity, keyArn(place), input.BypassPolicyLockoutSafetyCheck)
    const given = {
      description: input.Description ?? '',
      policy,
      tags: withTags({}, input.Tags ?? []),
      manager: 'CUSTOMER',
    } as const
    const change = records.change()
    const key = await addKey(platform.env, change, place, given, now)
    await change.commit()
    await publishKey(platform.env, place)
    return { KeyMetadata: describeKey(place, key) }
  },

  async DescribeKey(input, call) {
    const context = contextOf(call)
    const place = await placeOf(context, input.KeyId, 'aliases')
    return { KeyMetadata: describeKey(place, (await findKey(context, place)).doc) }
  },

  async ListKeys(input, call) {
    const { account, records, now } = contextOf(call)
    const keys = async function* (after: string | undefined) {
      for await (const key of records.each(kmsKeys, '', { after, batch: LIMITS.keysPerPage })) {
        if (key.doc.deletion === undefined || key.doc.deletion > now) yield key
      }
    }
    const { items, ...page } = await pageOf('keys', keys, ({ id }) => id, input, LIMITS.keysPerPage)
    return { Keys: items.map(({ id }) => ({ KeyId: id, KeyArn: keyArn({ account, id }) })), ...page }
  },

  async UpdateKeyDescription(input, call) {
    await changeKey(contextOf(call), input.KeyId, (key, place) => ({
      ...notPendingDeletion(key, place),
      description: input.Description,
    }))
    return {}
  },

  async EnableKey(input, call) {
    await changeKey(contextOf(call), input.KeyId, (key, place) => ({
      ...notPendingDeletion(key, place),
      state: 'Enabled',
    }))
    return {}
  },

  async DisableKey(input, call) {
    await changeKey(contextOf(call), input.KeyId, (key, place) => ({
      ...notPendingDeletion(key, place),
      state: 'Disabled',
    }))
    return {}
  },

  async ScheduleKeyDeletion(input, call) {
    const context = contextOf(call)
    const { PendingWindowInDays: days = LIMITS.longestWait } = input
    checkWait(days)
    const deletion = context.now + days * DAY_MS
    const { place, key } = await changeKey(context, input.KeyId, (key, place) => ({
      ...notPendingDeletion(key, place),
      state: 'PendingDeletion',
      deletion,
      due: deletion,
    }))
    return {
      KeyId: keyArn(place),
      DeletionDate: new Date(deletion),
      KeyState: key.state,
      PendingWindowInDays: days,
    }
  },

  async CancelKeyDeletion(input, call) {
    const { place } = await changeKey(contextOf(call), input.KeyId, (key, place) => {
      if (key.state !== 'PendingDeletion') throw invalidState(`${keyArn(place)} is not pending deletion.`)
      const { deletion: _, ...kept } = key
      return { ...kept, state: 'Disabled', due: dueOf(kept) }
    })
    return { KeyId: keyArn(place) }
  },

  async GetKeyPolicy(input, call) {
    const { stored } = await findOwnKey(contextOf(call), input.KeyId)
    return { Policy: stored.doc.policy, PolicyName: checkedName(input.PolicyName) }
  },

  async PutKeyPolicy(input, call) {
    checkedName(input.PolicyName)
    await changeKey(contextOf(call), input.KeyId, (key, place) => ({
      ...notPendingDeletion(key, place),
      policy: checkedPolicy(input.Policy, call.identity, keyArn(place), input.BypassPolicyLockoutSafetyCheck),
    }))
    return {}
  },

  async ListKeyPolicies(input, call) {
    await findOwnKey(contextOf(call), input.KeyId)
    return { PolicyNames: ['default'], Truncated: false }
  },
} satisfies KmsHandlers

/** Weir has symmetric keys, whose material it makes itself. */
function checkSpec(input: CreateKeyRequest): void {
  const { KeySpec = input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT' } = input
  if (KeySpec === 'SYMMETRIC_DEFAULT' && KeyUsage !== 'ENCRYPT_DECRYPT') {
    throw invalid('You must specify a KeySpec value for all KeyUsage values except ENCRYPT_DECRYPT.')
  }
  if (KeySpec !== 'SYMMETRIC_DEFAULT') {
    throw unsupported(`KeySpec ${KeySpec} is not supported: keys are symmetric (SYMMETRIC_DEFAULT)`)
  }
  if (input.Origin !== undefined && input.Origin !== 'AWS_KMS') {
    throw unsupported(`Origin ${input.Origin} is not supported: key material is made here (AWS_KMS)`)
  }
  if (input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined) {
    throw unsupported('Key stores of your own are not supported')
  }
  if (input.MultiRegion) throw unsupported('Multi-Region keys are not supported')
}

function checkWait(days: number): void {
  const { shortestWait, longestWait } = LIMITS
  if (days >= shortestWait && days <= longestWait) return
  const wanted =
    days < shortestWait ? `greater than or equal to ${shortestWait}` : `less than or equal to ${longestWait}`
  throw invalid(
    `1 validation error detected: Value '${days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value ${wanted}`,
  )
}

function checkedName(name = 'default'): string {
  if (name !== 'default')
    throw invalid(
      `1 validation error detected: Value '${name}' at 'policyName' failed to satisfy constraint: Member must satisfy enum value set: [default]`,
    )
  return name
}
