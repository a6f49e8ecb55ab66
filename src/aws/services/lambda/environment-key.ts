import { aliasArn, type KeyPlace, keyArn, kmsAliases } from '../../../encryption/kms/key-records.ts'
import { functionKey } from '../../../functions/control/function-key.ts'
import { invalidParameter } from '../../../functions/control/function-refusals.ts'
import { type KeyTrouble, KeyUnusable } from '../../../functions/key-unusable.ts'
import { principalOf } from '../../../identity/caller.ts'
import { policyOfKey } from '../../../identity/key-policy.ts'
import { decideByResource } from '../../../identity/policies/decide.ts'
import { requestContext } from '../../../identity/policies/request.ts'
import { partsOfArn } from '../../../lib/arn.ts'
import type { Refusal } from '../../../lib/refusal.ts'
import type { Context } from './context.ts'

/**
 * The KMS key that a function's variables are to be encrypted with; undefined for the account's own data key. Refuses
 * one that cannot be used, as Lambda does when it asks KMS for a grant.
 *
 * @param given ARN of a key, or of an alias
 */
export async function environmentKey(
  context: Context,
  given: string | undefined,
): Promise<KeyPlace | undefined> {
  const { account, platform, call } = context
  // What the service's own key would do, the account's data key does.
  if (given === undefined || given === aliasArn(account, 'alias/aws/lambda')) return undefined
  const place = await keyOfArn(context, given)
  if (!place || place.account.region !== account.region) {
    throw unusable('NotFoundException', `Invalid arn ${given}`)
  }
  try {
    const key = await functionKey(platform.env, place)
    if (place.account.id === account.id) return place
    // What another account's key is used for is up to that account.
    const { allowed } = decideByResource(policyOfKey(key), {
      action: 'kms:CreateGrant',
      resource: keyArn(place),
      principal: principalOf(call.identity),
      context: requestContext({ 'kms:CallerAccount': account.id, 'aws:PrincipalAccount': account.id }),
    })
    if (allowed) return place
    throw new KeyUnusable('KMSAccessDeniedException')
  } catch (error) {
    if (!(error instanceof KeyUnusable)) throw error
    throw unusable(...KMS_SAYS[error.code](keyArn(place)))
  }
}

async function keyOfArn({ platform }: Context, text: string): Promise<KeyPlace | undefined> {
  const { service, region, account: id, resource } = partsOfArn(text)
  if (service !== 'kms') return undefined
  const account = { id, region }
  if (resource.startsWith('key/')) return { account, id: resource.slice('key/'.length) }
  const alias = await platform.records(account).get(kmsAliases, '', resource)
  if (alias) return { account, id: alias.doc.target }
  if (!resource.startsWith('alias/')) return undefined
  throw unusable('NotFoundException', `Alias ${aliasArn(account, resource)} is not found.`)
}

/** How KMS itself says what is wrong with a key: code and message. */
const KMS_SAYS: Readonly<Record<KeyTrouble, (arn: string) => [code: string, message: string]>> = {
  KMSNotFoundException: arn => ['NotFoundException', `Key '${arn}' does not exist`],
  KMSDisabledException: arn => ['DisabledException', `${arn} is disabled.`],
  KMSInvalidStateException: arn => ['KMSInvalidStateException', `${arn} is pending deletion.`],
  KMSAccessDeniedException: arn => [
    'AccessDeniedException',
    `The key ${arn} does not exist, or its policy does not let this account use it.`,
  ],
}

const unusable = (code: string, message: string): Refusal =>
  invalidParameter(
    `Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: ${code} KMS Message: ${message}`,
  )
