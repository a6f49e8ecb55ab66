import { type EncryptionContext, readBlob } from '../../../encryption/kms/ciphertext.ts'
import { aliasArn, type KeyPlace, keyArn, kmsAliases, kmsKeys } from '../../../encryption/kms/key-records.ts'
import { publishedKey } from '../../../encryption/kms/published-keys.ts'
import { isRoot, principalOf } from '../../../identity/caller.ts'
import { policyOfKey } from '../../../identity/key-policy.ts'
import { decideByResource } from '../../../identity/policies/decide.ts'
import { requestContext } from '../../../identity/policies/request.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { type Context, contextOf, placeOf } from './context.ts'

interface Named {
  readonly KeyId?: string
  readonly TargetKeyId?: string
  readonly AliasName?: string
  readonly CiphertextBlob?: Uint8Array
  readonly EncryptionContext?: EncryptionContext
  readonly SourceKeyId?: string
  readonly SourceEncryptionContext?: EncryptionContext
  readonly DestinationKeyId?: string
  readonly DestinationEncryptionContext?: EncryptionContext
  readonly Tags?: readonly unknown[]
}

/**
 * What KMS's operations ask for. A key's own policy has to let the caller in, whoever that is; the account's root, who
 * may do everything, can only not be kept out of its own keys.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
 */
export async function kmsNeeds(input: Named, call: Call<Platform>): Promise<readonly Need[]> {
  const context = contextOf(call)
  const action = `kms:${call.operation}`
  const { account } = context
  const keys = requestKeys(call)
  if (input.AliasName !== undefined) {
    const targets = [input.TargetKeyId, await presentTarget(context, input.AliasName)]
    return Promise.all([
      { action, resource: aliasArn(account, input.AliasName), context: keys },
      ...targets.flatMap(text => (text === undefined ? [] : [needOfKey(context, action, text, keys)])),
    ])
  }
  switch (call.operation) {
    case 'Decrypt':
      return [
        await needOfBlob(context, action, input.KeyId, input.CiphertextBlob, input.EncryptionContext, keys),
      ]
    case 'ReEncrypt': {
      const { SourceKeyId, CiphertextBlob, SourceEncryptionContext, DestinationKeyId } = input
      const to = { ...keys, ...contextKeys(input.DestinationEncryptionContext) }
      return Promise.all([
        needOfBlob(context, 'kms:ReEncryptFrom', SourceKeyId, CiphertextBlob, SourceEncryptionContext, keys),
        needOfKey(context, 'kms:ReEncryptTo', DestinationKeyId!, to),
      ])
    }
  }
  // A list of all aliases is about no key, even where it is of one key's.
  if (input.KeyId === undefined || call.operation === 'ListAliases') {
    const need = { action, resource: '*', context: keys }
    return call.operation === 'CreateKey' && input.Tags?.length
      ? [need, { ...need, action: 'kms:TagResource' }]
      : [need]
  }
  const further = { ...keys, ...contextKeys(input.EncryptionContext) }
  return [await needOfKey(context, action, input.KeyId, further)]
}

type Keys = Record<string, string | readonly string[]>

const requestKeys = (call: Call<Platform>): Keys => ({
  'kms:CallerAccount': call.account,
  'kms:KeySpec': 'SYMMETRIC_DEFAULT',
  'kms:KeyUsage': 'ENCRYPT_DECRYPT',
  'kms:KeyOrigin': 'AWS_KMS',
})

const contextKeys = (context: EncryptionContext = {}): Keys => ({
  ...Object.fromEntries(
    Object.entries(context).map(([key, value]) => [`kms:EncryptionContext:${key}`, value]),
  ),
  ...(Object.keys(context).length > 0 && { 'kms:EncryptionContextKeys': Object.keys(context) }),
})

async function presentTarget({ records }: Context, alias: string): Promise<string | undefined> {
  return (await records.get(kmsAliases, '', alias))?.doc.target
}

function needOfBlob(
  context: Context,
  action: string,
  keyId: string | undefined,
  ciphertext: Uint8Array | undefined,
  encryptionContext: EncryptionContext | undefined,
  keys: Keys,
): Promise<Need> {
  const further = { ...keys, ...contextKeys(encryptionContext) }
  const blob = ciphertext && readBlob(ciphertext)
  // What the blob is under decides, whatever key the request names.
  if (blob) {
    const place = { account: { id: blob.account, region: blob.region }, id: blob.id }
    return needOfPlace(context, action, place, further)
  }
  return keyId === undefined
    ? Promise.resolve({ action, resource: '*', context: further })
    : needOfKey(context, action, keyId, further)
}

async function needOfKey(context: Context, action: string, text: string, keys: Keys): Promise<Need> {
  const alias = text.startsWith('alias/') ? text : undefined
  const further = { ...keys, ...(alias && { 'kms:RequestAlias': alias }) }
  try {
    const place = await placeOf(context, text, 'aliases')
    // Which key an alias of another account leads to is only for those whom the key lets in.
    if (text.includes(':alias/') && !(await letsIn(context, place, action, further))) {
      return { action, resource: text, context: further }
    }
    return await needOfPlace(context, action, place, further)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // The operation says what is wrong with the name.
    return { action, resource: text.startsWith('arn:') ? text : '*', context: further }
  }
}

async function letsIn(
  { account, call, platform, now }: Context,
  place: KeyPlace,
  action: string,
  keys: Keys,
) {
  if (place.account.id === account.id) return true
  const key = await publishedKey(platform.env, place, now)
  if (!key) return false
  const principal = principalOf(call.identity)
  const context = requestContext({ 'aws:PrincipalAccount': account.id, ...keys })
  return decideByResource(policyOfKey(key), { action, resource: keyArn(place), principal, context }).allowed
}

async function needOfPlace(context: Context, action: string, place: KeyPlace, keys: Keys): Promise<Need> {
  const { call, platform, now } = context
  const isOwnRoot = isRoot(call.identity) && place.account.id === call.identity.account
  const letIn = !isOwnRoot && (await publishedKey(platform.env, place, now)) !== undefined
  const tags = async () => (await platform.records(place.account).get(kmsKeys, '', place.id))?.doc.tags
  return { action, resource: keyArn(place), context: keys, tags, letIn }
}
