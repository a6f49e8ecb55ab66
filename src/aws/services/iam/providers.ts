import { isLocal } from '../../../env.ts'
import { type ProviderRecord, providerArn, providers } from '../../../identity/iam-records.ts'
import { isLoopback } from '../../../lib/private-host.ts'
import type { Stored } from '../../../records/records.ts'
import { type Context, change } from './context.ts'
import { LIMITS } from './limits.ts'
import { invalidInput, limitExceeded, noSuchEntity, validationError } from './refusals.ts'

/** Providers are named by their URL without its scheme. */
export const providerId = (url: string): string => url.replace(/^https?:\/\//i, '')

/**
 * "The URL must begin with https:// and should correspond to the iss claim in the provider's ID tokens", without a
 * query. In development an issuer on the same machine needs no certificate.
 */
export function checkedUrl({ platform }: Context, url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isReachable =
    parsed?.protocol === 'https:' ||
    (parsed?.protocol === 'http:' && isLocal(platform.env) && isLoopback(parsed.hostname))
  if (!parsed || !isReachable || parsed.search || parsed.hash || parsed.username) {
    throw validationError('Invalid Open ID Connect Provider URL')
  }
  return url
}

export function checkedThumbprints(thumbprints: readonly string[]): readonly string[] {
  if (thumbprints.length > LIMITS.thumbprints) {
    throw invalidInput(`Thumbprint list must contain fewer than ${LIMITS.thumbprints} entries.`)
  }
  return thumbprints
}

export function checkedClientIds(clientIds: readonly string[]): readonly string[] {
  const different = [...new Set(clientIds)]
  if (different.length > LIMITS.clientIds) {
    throw limitExceeded(`Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${LIMITS.clientIds}`)
  }
  return different
}

/** Undefined when there is none; refuses a text that is no provider's ARN. */
export async function lookUpProvider(
  { account, records }: Context,
  arn: string,
): Promise<Stored<ProviderRecord> | undefined> {
  if (!/^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/./.test(arn))
    throw invalidInput(`ARN ${arn} is not valid.`)
  const prefix = providerArn(account, '')
  return arn.startsWith(prefix) ? records.get(providers, '', arn.slice(prefix.length)) : undefined
}

export async function findProvider(context: Context, arn: string): Promise<Stored<ProviderRecord>> {
  const found = await lookUpProvider(context, arn)
  if (!found) throw noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`)
  return found
}

/** A change of one provider: what `edit` answers is what it is from now on. */
export const changeProvider = (
  context: Context,
  arn: string,
  edit: (provider: ProviderRecord) => ProviderRecord,
): Promise<void> =>
  change(context, async draft => {
    const stored = await findProvider(context, arn)
    draft.writes.replace(providers, stored, edit(stored.doc))
    draft.publish('provider', stored.id)
  })
