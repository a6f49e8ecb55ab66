import type { DomainDescriptionType } from '@aws-sdk/client-cognito-identity-provider'
import {
  isPrefix,
  type PoolDomainRecord,
  poolDomains,
  pools,
} from '../../../../identity/user-pools/pool-records.ts'
import { splitUrl } from '../../../../lib/url-parts.ts'
import { findAnywhere } from '../../../../records/records.ts'
import {
  type CognitoHandlers,
  type Context,
  change,
  contextOf,
  type FoundIn,
  findIn,
  findPool,
  poolPublication,
  publishPool,
} from '../context.ts'
import { invalidParameter, notFound } from '../refusals.ts'

/** "You can't use the text aws, amazon, or cognito in the name of a prefix domain." */
const RESERVED = ['aws', 'amazon', 'cognito']

function checkName(domain: string, isOwn: boolean): void {
  if (!isPrefix(domain)) {
    if (!isOwn)
      throw invalidParameter('A custom domain needs a CustomDomainConfig with the ARN of its certificate.')
    return
  }
  if (isOwn) throw invalidParameter(`${domain} is no name of a custom domain: it has no dot.`)
  const word = RESERVED.find(each => domain.includes(each))
  if (word !== undefined) throw invalidParameter(`Domain cannot contain reserved word: ${word}`)
}

/** A pool can have one of either. */
const memberOf = (domain: string): 'domain' | 'customDomain' => (isPrefix(domain) ? 'domain' : 'customDomain')

const findDomain = (context: Context, poolId: string, domain: string): Promise<FoundIn<PoolDomainRecord>> =>
  findIn(context, poolDomains, poolId, domain, () => notFound(`Domain ${domain} does not exist.`))

/** Where the name of a custom domain has to lead: to this Weir. */
const targetOf = ({ platform }: Context, domain: string): string | undefined =>
  isPrefix(domain) ? undefined : splitUrl(platform.origin).host

function describeDomain(context: Context, domain: string, record: PoolDomainRecord): DomainDescriptionType {
  const { pool, certificateArn, managedLoginVersion } = record
  return {
    UserPoolId: pool,
    AWSAccountId: context.account.id,
    Domain: domain,
    CloudFrontDistribution: targetOf(context, domain),
    Status: 'ACTIVE',
    CustomDomainConfig: certificateArn === undefined ? undefined : { CertificateArn: certificateArn },
    ManagedLoginVersion: managedLoginVersion,
  }
}

/** Version of the pages that users sign in on; of these Weir has neither. */
const FIRST_VERSION = 1

export const domainOperations = {
  async CreateUserPoolDomain(input, call) {
    const context = contextOf(call)
    const { records, platform, now } = context
    const { UserPoolId, Domain, CustomDomainConfig, ManagedLoginVersion = FIRST_VERSION } = input
    checkName(Domain, CustomDomainConfig !== undefined)
    const doc: PoolDomainRecord = {
      pool: UserPoolId,
      created: now,
      certificateArn: CustomDomainConfig?.CertificateArn,
      managedLoginVersion: ManagedLoginVersion,
    }
    await change(async () => {
      const pool = await findPool(context, UserPoolId)
      const member = memberOf(Domain)
      if (pool.doc[member] !== undefined) throw invalidParameter('User pool already has a domain configured.')
      if (await findAnywhere(platform.env.DB, poolDomains, Domain)) {
        throw invalidParameter('Domain already associated with another user pool.')
      }
      await records
        .change()
        .replace(pools, pool, { ...pool.doc, [member]: Domain })
        .create(poolDomains, { parent: UserPoolId, id: Domain }, doc)
        .publish(poolPublication(UserPoolId))
        .commit()
    })
    await publishPool(context, UserPoolId)
    return { ManagedLoginVersion, CloudFrontDomain: targetOf(context, Domain) }
  },

  /** Of a domain that is not there, nothing is said. */
  async DescribeUserPoolDomain(input, call) {
    const context = contextOf(call)
    const found = await context.records.byId(poolDomains, input.Domain)
    return { DomainDescription: found ? describeDomain(context, found.id, found.doc) : {} }
  },

  async UpdateUserPoolDomain(input, call) {
    const context = contextOf(call)
    const { UserPoolId, Domain, CustomDomainConfig, ManagedLoginVersion } = input
    if (CustomDomainConfig) checkName(Domain, true)
    const doc = await change(async () => {
      const { found } = await findDomain(context, UserPoolId, Domain)
      const updated: PoolDomainRecord = {
        ...found.doc,
        certificateArn: CustomDomainConfig?.CertificateArn ?? found.doc.certificateArn,
        managedLoginVersion: ManagedLoginVersion ?? found.doc.managedLoginVersion,
      }
      await context.records.change().replace(poolDomains, found, updated).commit()
      return updated
    })
    return { ManagedLoginVersion: doc.managedLoginVersion, CloudFrontDomain: targetOf(context, Domain) }
  },

  async DeleteUserPoolDomain(input, call) {
    const context = contextOf(call)
    const { UserPoolId, Domain } = input
    await change(async () => {
      const { pool, found } = await findDomain(context, UserPoolId, Domain)
      const { [memberOf(Domain)]: _, ...rest } = pool.doc
      await context.records
        .change()
        .replace(pools, pool, rest)
        .remove(poolDomains, found)
        .publish(poolPublication(UserPoolId))
        .commit()
    })
    await publishPool(context, UserPoolId)
    return {}
  },
} satisfies CognitoHandlers
