import {
  clientWithDefaults,
  isLegacyFlow,
  LONGEST_TOKEN_SECONDS,
  validityOf,
} from '../../../identity/user-pools/pool-defaults.ts'
import {
  type ClientSettings,
  type PoolRecord,
  type ResourceServerRecord,
  resourceServers,
} from '../../../identity/user-pools/pool-records.ts'
import { STANDARD_SCOPES } from '../../../identity/user-pools/scopes.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Stored } from '../../../records/records.ts'
import type { Context } from './context.ts'
import { invalidParameter, unsupported } from './refusals.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

/** Seconds, least and most. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html */
const VALIDITY = {
  access: [5 * 60, LONGEST_TOKEN_SECONDS],
  id: [5 * 60, LONGEST_TOKEN_SECONDS],
  refresh: [HOUR, 3_650 * DAY],
} as const

/** What a client's settings are checked against. */
interface Surroundings {
  readonly pool: Stored<PoolRecord>
  readonly hasSecret: boolean
  readonly verb: 'creating' | 'updating'
}

/** The settings of a client of which these are said, checked. */
export async function clientSettings(
  context: Context,
  said: ClientSettings,
  surroundings: Surroundings,
): Promise<ClientSettings> {
  const { RefreshTokenValidity, ...rest } = said
  // "You can't set RefreshTokenValidity to 0. If you do, Amazon Cognito overrides the value with the default."
  const settings = clientWithDefaults(RefreshTokenValidity ? said : rest)
  if (settings.AnalyticsConfiguration) throw unsupported('AnalyticsConfiguration')
  checkFlows(settings)
  checkValidity(settings)
  checkAttributes(settings, surroundings)
  checkProviders(settings, surroundings.pool.id)
  checkUrls(settings)
  checkOAuth(settings, surroundings.hasSecret)
  await checkScopes(context, settings, surroundings.pool.id)
  return settings
}

function checkFlows({ ExplicitAuthFlows: flows = [], RefreshTokenRotation }: ClientSettings): void {
  if (flows.some(isLegacyFlow) && !flows.every(isLegacyFlow)) {
    throw invalidParameter(
      'ExplicitAuthFlows cannot have both values that begin with ALLOW_ and legacy values: ADMIN_NO_SRP_AUTH, CUSTOM_AUTH_FLOW_ONLY, USER_PASSWORD_AUTH.',
    )
  }
  if (RefreshTokenRotation?.Feature === 'ENABLED' && flows.includes('ALLOW_REFRESH_TOKEN_AUTH')) {
    throw invalidParameter(
      'ALLOW_REFRESH_TOKEN_AUTH cannot be enabled while refresh token rotation is enabled.',
    )
  }
}

function checkValidity(settings: ClientSettings): void {
  const validity = validityOf(settings)
  for (const use of ['access', 'id', 'refresh'] as const) {
    const [least, most] = VALIDITY[use]
    if (validity[use] < least || validity[use] > most)
      throw invalidParameter('Invalid range for token validity.')
  }
  if (validity.access > validity.refresh || validity.id > validity.refresh) {
    throw invalidParameter('Access and ID tokens cannot be valid for longer than refresh tokens.')
  }
}

/** Cognito itself sets these. */
const NEVER_WRITTEN = new Set(['sub', 'email_verified', 'phone_number_verified', 'identities'])

function checkAttributes(settings: ClientSettings, { pool, verb }: Surroundings): void {
  const { ReadAttributes, WriteAttributes } = settings
  const names = new Set(pool.doc.schema.map(({ Name }) => Name!))
  const hidden = new Set(pool.doc.schema.filter(each => each.DeveloperOnlyAttribute).map(({ Name }) => Name!))
  if (ReadAttributes?.some(name => !names.has(name) || hidden.has(name))) {
    throw invalidParameter(`Invalid read attributes specified while ${verb} a client`)
  }
  const required = pool.doc.schema.filter(({ Name, Required }) => Required && !NEVER_WRITTEN.has(Name!))
  const isWrong =
    WriteAttributes?.some(name => !names.has(name) || hidden.has(name) || NEVER_WRITTEN.has(name)) ||
    (WriteAttributes !== undefined && required.some(({ Name }) => !WriteAttributes.includes(Name!)))
  if (isWrong) throw invalidParameter(`Invalid write attributes specified while ${verb} a client`)
}

function checkProviders({ SupportedIdentityProviders = [] }: ClientSettings, poolId: string): void {
  const unknown = SupportedIdentityProviders.find(name => name !== 'COGNITO')
  if (unknown !== undefined) {
    throw invalidParameter(`The provider ${unknown} does not exist for User Pool ${poolId}`)
  }
}

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])

/** "Be an absolute URI. Not include a fragment component. HTTPS over HTTP except for localhost." */
function checkUrls({ CallbackURLs = [], LogoutURLs = [], DefaultRedirectURI }: ClientSettings): void {
  for (const text of [...CallbackURLs, ...LogoutURLs]) {
    const url = URL.parse(text)
    if (!url) throw invalidParameter(`${text} is not an absolute URI.`)
    if (text.includes('#')) throw invalidParameter(`${text} cannot have a fragment.`)
    if (url.protocol === 'http:' && !LOCAL.has(url.hostname)) {
      throw invalidParameter(`${text} cannot use the HTTP protocol.`)
    }
  }
  if (DefaultRedirectURI !== undefined && !CallbackURLs.includes(DefaultRedirectURI)) {
    throw invalidParameter('Default redirect URI must be in the list of callback URLs.')
  }
}

const invalidFlow = (message: string): Refusal => new Refusal('InvalidOAuthFlowException', message)

function checkOAuth(settings: ClientSettings, hasSecret: boolean): void {
  const { AllowedOAuthFlowsUserPoolClient, AllowedOAuthFlows = [], AllowedOAuthScopes = [] } = settings
  if (
    AllowedOAuthFlowsUserPoolClient &&
    (AllowedOAuthFlows.length === 0 || AllowedOAuthScopes.length === 0)
  ) {
    throw invalidFlow(
      'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    )
  }
  if (!AllowedOAuthFlows.includes('client_credentials')) return
  if (AllowedOAuthFlows.length > 1) {
    throw invalidFlow('client_credentials flow can not be selected along with code flow or implicit flow.')
  }
  if (!hasSecret) {
    throw invalidFlow('client_credentials flow can not be selected if client does not have a client secret.')
  }
}

async function checkScopes(context: Context, settings: ClientSettings, poolId: string): Promise<void> {
  const { AllowedOAuthScopes = [], AllowedOAuthFlows = [] } = settings
  const ofUsers = AllowedOAuthScopes.filter(scope => STANDARD_SCOPES.has(scope))
  if (AllowedOAuthFlows.includes('client_credentials') && ofUsers.length > 0) {
    throw invalidFlow(`${ofUsers.join(',')} can not be selected with client_credentials flow.`)
  }
  if (ofUsers.length === AllowedOAuthScopes.length) return
  const servers = await context.records.all(resourceServers, poolId)
  const known = new Set([...STANDARD_SCOPES, ...servers.flatMap(({ doc }) => scopesOf(doc))])
  const unknown = AllowedOAuthScopes.find(scope => !known.has(scope))
  if (unknown !== undefined)
    throw new Refusal('ScopeDoesNotExistException', `Invalid scope requested: ${unknown}`)
}

const scopesOf = ({ identifier, scopes }: ResourceServerRecord): string[] =>
  scopes.map(({ ScopeName }) => `${identifier}/${ScopeName}`)
