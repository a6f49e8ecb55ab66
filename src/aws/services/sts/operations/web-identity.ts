import type { Tag } from '@aws-sdk/client-sts'
import { decideByResource } from '../../../../identity/policies/decide.ts'
import { requestContext } from '../../../../identity/policies/request.ts'
import type { VerifyIssuedToken } from '../../../../identity/tokens/verify-issued-token.ts'
import { readToken, type TokenClaims } from '../../../../identity/tokens/verify-token.ts'
import { partsOfArn } from '../../../../lib/arn.ts'
import { isJsonObject } from '../../../../lib/json-object.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { beginSession } from '../begin-session.ts'
import { accessDenied, type StsHandlers, type StsPorts, validationError } from '../context.ts'
import type { IdentityProvider } from '../identity-provider.ts'
import { checkRoleArn, durationOf, sessionPolicies, sessionTags } from '../role-sessions.ts'

type Keys = Readonly<Record<string, string | readonly string[]>>

/** A verified token, and who vouches for it. */
interface Vouched {
  readonly provider: IdentityProvider
  readonly claims: TokenClaims
}

export const webIdentityOperations = ({ authority, findProvider, verifyToken }: StsPorts) =>
  ({
    async AssumeRoleWithWebIdentity(input, call) {
      const { platform, sourceIp } = call
      const { RoleSessionName: name, ProviderId, WebIdentityToken: token } = input
      const role = checkRoleArn(input.RoleArn)
      if (ProviderId !== undefined) throw validationError(`${ProviderId} is no provider of OAuth 2.0 tokens`)
      const now = platform.clock()
      const { account } = partsOfArn(role)
      const { provider, claims } = await vouched(findProvider, verifyToken, account, token, now)
      const found = await authority.roleOf(account, role)

      const identityKeys = keysOf(provider, claims)
      const { given, transitive } = tagsOf(claims)
      const tags = sessionTags(given, transitive, {})
      const sourceIdentity = textOf(claims[SOURCE_IDENTITY])
      const context = requestContext({
        ...identityKeys,
        'sts:RoleSessionName': name,
        'sts:DurationSeconds': input.DurationSeconds,
        'sts:SourceIdentity': sourceIdentity,
        'sts:TransitiveTagKeys': transitive.length > 0 ? transitive : undefined,
        ...Object.fromEntries(given.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
        'aws:TagKeys': given.length > 0 ? given.map(({ Key }) => Key!) : undefined,
        'aws:SourceIp': sourceIp,
        'aws:CurrentTime': new Date(now).toISOString(),
        'aws:EpochTime': Math.floor(now / 1000),
        'aws:SecureTransport': platform.origin.startsWith('https:'),
      })
      const actions = ['sts:AssumeRoleWithWebIdentity']
      if (given.length > 0) actions.push('sts:TagSession')
      if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity')
      const principal = { kind: 'federated', provider: provider.arn } as const
      for (const action of actions) {
        // The same of a role that is not there.
        if (!decideByResource(found?.trust, { action, resource: role, principal, context }).allowed) {
          throw accessDenied(`Not authorized to perform ${action}`)
        }
      }

      const seconds = durationOf(input.DurationSeconds, found!.maxSessionDuration, false)
      const policies = await sessionPolicies(authority, account, input)
      const keys = { ...identityKeys, 'aws:FederatedProvider': provider.arn }
      const session = { role, uid: found!.uid, name, keys, policies, tags, sourceIdentity }
      return {
        ...(await beginSession(call, session, seconds)),
        SubjectFromWebIdentityToken: textOf(claims.sub),
        Provider: claims.iss,
        Audience: audienceOf(claims)[0],
      }
    },
  }) satisfies StsHandlers

const invalidToken = (message: string): Refusal => new Refusal('InvalidIdentityTokenException', message)

async function vouched(
  findProvider: StsPorts['findProvider'],
  verifyToken: VerifyIssuedToken,
  account: string,
  token: string,
  now: number,
): Promise<Vouched> {
  const read = readToken(token)
  if (typeof read === 'string') throw invalidToken('The ID Token provided is not a valid JWT')
  const { iss: issuer, exp } = read.claims
  if (typeof issuer !== 'string') throw invalidToken('Missing a required claim: iss')
  const provider = await findProvider(account, issuer)
  if (!provider) throw invalidToken(`No OpenIDConnect provider found in your account for ${issuer}`)
  const { audiences } = provider
  const verified = await verifyToken(token, { issuer, audiences, clientIsAudience: true, now })
  if (verified.ok) return { provider, claims: verified.claims }
  switch (verified.reason) {
    case 'expired':
      throw new Refusal(
        'ExpiredTokenException',
        `Token expired: current date/time ${Math.floor(now / 1000)} must be before the expiration date/time ${exp}`,
      )
    case 'audience':
      throw invalidToken('Incorrect token audience')
    case 'unreachable':
      throw new Refusal(
        'IDPCommunicationErrorException',
        `The identity provider ${issuer} could not be asked for its keys`,
      )
    case 'unknown-key':
      throw invalidToken("Couldn't retrieve verification key from your identity provider")
    case 'not-yet-valid':
      throw invalidToken('The token is not valid yet')
    default:
      throw invalidToken('The token signature or its contents are not valid')
  }
}

/**
 * What the provider says of somebody, as policies may ask for it: when a role is assumed, and in its session.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
function keysOf({ name }: IdentityProvider, claims: TokenClaims): Keys {
  const audience = audienceOf(claims)
  const methods = textsOf(claims.amr)
  const subject = textOf(claims.sub)
  return {
    ...(audience.length > 0 && { [`${name}:aud`]: audience.length === 1 ? audience[0]! : audience }),
    ...(subject !== undefined && { [`${name}:sub`]: subject }),
    ...(methods.length > 0 && { [`${name}:amr`]: methods }),
  }
}

/** Access tokens of user pools name their client elsewhere. */
const audienceOf = ({ aud, client_id: client }: TokenClaims): readonly string[] => textsOf(aud ?? client)

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter(each => typeof each === 'string')

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp */
const TAGS = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity'

function tagsOf(claims: TokenClaims): { given: Tag[]; transitive: readonly string[] } {
  const tags = claims[TAGS]
  if (!isJsonObject(tags) || !isJsonObject(tags.principal_tags)) return { given: [], transitive: [] }
  const given = Object.entries(tags.principal_tags).map(([Key, value]) => ({
    Key,
    Value: textsOf(value)[0] ?? '',
  }))
  return { given, transitive: textsOf(tags.transitive_tag_keys) }
}
