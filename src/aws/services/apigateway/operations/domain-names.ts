import type { APIGateway, DomainName } from '@aws-sdk/client-api-gateway'
import {
  basePathMappings,
  type DomainNameRecord,
  domainNames,
} from '../../../../gateway/domains/control/domain-records.ts'
import { ownersBelow, ownersOfNames } from '../../../../gateway/domains/control/find-mappings.ts'
import { wildcardOver } from '../../../../gateway/domains/directory.ts'
import { hostnameOf } from '../../../../gateway/domains/own-hosts.ts'
import { shortId } from '../../../../lib/ids.ts'
import { splitUrl } from '../../../../lib/url-parts.ts'
import type { Platform } from '../../../../platform.ts'
import type { Stored } from '../../../../records/records.ts'
import type { Handlers, InputOf } from '../../../wire/service.ts'
import { commitAndPublish, domainOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf, date, someTags } from '../context.ts'
import { checkNotOwn, nameTaken, readDomainName, refuseUnservableDomain } from '../domain-rules.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import {
  applyPatches,
  listPatchedByValue,
  oneOf,
  type Patchable,
  type PatchTable,
  plainWording,
} from '../patch.ts'
import { badRequest, checkRoom, noSuchDomain } from '../refusals.ts'
import { checkTags } from '../tag-rules.ts'

export const domainNameOperations = {
  async CreateDomainName(input, call) {
    const context = contextOf(call)
    const { records } = context
    const name = readDomainName(input.domainName)
    checkNotOwn(context, name)
    refuseUnservableDomain(input)
    checkTags(input.tags)
    const doc = newDomain(input, context.now)
    checkDomain(doc)
    await checkFree(context, name)
    checkRoom(await records.count(domainNames, ''), LIMITS.domainNames, 'domain names for this account')
    const change = records.change().create(domainNames, { parent: '', id: name }, doc)
    await commitAndPublish(context, change, domainOutdated({ id: name, doc }))
    return answer(context, { id: name, doc })
  },

  async GetDomainName(input, call) {
    const context = contextOf(call)
    return answer(context, await findDomain(context, input.domainName))
  },

  GetDomainNames(input, call) {
    const context = contextOf(call)
    return pageOf(context.records, domainNames, '', 'domainnames', input, domain => answer(context, domain))
  },

  /** Nothing of it concerns the data plane. */
  async UpdateDomainName(input, call) {
    const context = contextOf(call)
    const domain = await findDomain(context, input.domainName)
    const patched = applyPatches(PATCHES, domain.doc, input.patchOperations)
    const doc = { ...patched, certificateUploadDate: uploadDate(patched, domain.doc, context.now) }
    checkDomain(doc)
    await context.records.change().replace(domainNames, domain, doc).commit()
    return answer(context, { id: domain.id, doc })
  },

  /** Its mappings go with it. */
  async DeleteDomainName(input, call) {
    const context = contextOf(call)
    const domain = await findDomain(context, input.domainName)
    const change = context.records.change().remove(domainNames, domain).removeAll(basePathMappings, domain.id)
    await commitAndPublish(context, change, domainOutdated(domain))
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

export async function findDomain({ records }: Context, name: string): Promise<Stored<DomainNameRecord>> {
  const domain = await records.get(domainNames, '', name.toLowerCase())
  if (!domain) throw noSuchDomain()
  return domain
}

/**
 * "You can't create a wildcard custom domain name if a different AWS account has created a custom domain name that
 * conflicts with the wildcard custom domain name", and nobody takes a name below another account's wildcard.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html#wildcard-custom-domain-names
 */
async function checkFree({ account, platform }: Context, name: string): Promise<void> {
  const { DB } = platform.env
  const wildcard = wildcardOver(name)!
  const owners = await ownersOfNames(DB, [name, wildcard])
  if (owners.some(owner => owner.name === name || owner.id !== account.id)) throw nameTaken()
  if (name !== wildcard) return
  const below = await ownersBelow(DB, name.slice(2))
  if (below.some(owner => owner !== account.id)) throw nameTaken()
}

function newDomain(input: InputOf<APIGateway['createDomainName']>, now: number): DomainNameRecord {
  const { endpointConfiguration } = input
  const isRegional =
    (input.regionalCertificateArn ?? input.regionalCertificateName) !== undefined &&
    (input.certificateArn ?? input.certificateName) === undefined
  const certificates = {
    certificateName: input.certificateName,
    certificateArn: input.certificateArn,
    regionalCertificateName: input.regionalCertificateName,
    regionalCertificateArn: input.regionalCertificateArn,
  }
  return {
    uid: shortId(),
    endpointConfiguration: {
      types: endpointConfiguration?.types ?? [isRegional ? 'REGIONAL' : 'EDGE'],
      ipAddressType: endpointConfiguration?.ipAddressType ?? 'ipv4',
    },
    ...certificates,
    certificateUploadDate: uploadDate(certificates, {}, now),
    securityPolicy: input.securityPolicy ?? 'TLS_1_2',
    endpointAccessMode: input.endpointAccessMode,
    routingMode: input.routingMode ?? 'BASE_PATH_MAPPING_ONLY',
    tags: someTags(input.tags),
  }
}

type Certificates = Pick<
  DomainNameRecord,
  'certificateName' | 'certificateArn' | 'certificateUploadDate' | 'regionalCertificateArn'
>

/** When the certificate of the edge was last given. */
function uploadDate(after: Certificates, before: Certificates, now: number): number | undefined {
  if (!after.certificateArn && !after.certificateName) return undefined
  const isSame =
    after.certificateArn === before.certificateArn && after.certificateName === before.certificateName
  return isSame ? before.certificateUploadDate : now
}

function checkDomain({ endpointConfiguration: { types }, ...domain }: DomainNameRecord): void {
  if (types.length === 0) {
    throw badRequest('REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.')
  }
  if (new Set(types).size !== types.length) throw badRequest('Endpoint types must not repeat')
  if (!types.includes('EDGE') && (domain.certificateArn || domain.certificateName)) {
    throw badRequest('Cannot import certificates for EDGE while REGIONAL is active.')
  }
  if (!types.includes('REGIONAL') && (domain.regionalCertificateArn || domain.regionalCertificateName)) {
    throw badRequest('Cannot import certificates for REGIONAL while EDGE is active.')
  }
}

const certificate: Patchable<DomainNameRecord> = { ops: ['add', 'replace', 'remove'] }

const refuse = (property: 'mutualTlsAuthentication' | 'policy'): Patchable<DomainNameRecord> => ({
  ops: ['add', 'replace', 'remove'],
  apply: (_, { value }) =>
    refuseUnservableDomain({
      [property]: value && property !== 'policy' ? { truststoreUri: value } : value,
    }),
})

const endpointType = oneOf('EndpointTypes', 'REGIONAL', 'EDGE')

const PATCHES: PatchTable<DomainNameRecord> = {
  wording: plainWording,
  rows: {
    '/certificateName': certificate,
    '/certificateArn': certificate,
    '/regionalCertificateName': certificate,
    '/regionalCertificateArn': certificate,
    // A domain may have both for a while, which is how it moves from one to the other.
    '/endpointConfiguration/types': {
      ops: ['add', 'remove'],
      apply(draft, { op, value, path }) {
        const type = endpointType(value, path) as string
        draft.endpointConfiguration.types = listPatchedByValue(draft.endpointConfiguration.types, op, type)
      },
    },
    '/endpointConfiguration/types/{type}': {
      ops: ['add', 'replace', 'remove'],
      apply(draft, { op, at, value, path }) {
        const others = draft.endpointConfiguration.types.filter(each => each !== at.type)
        const added = op === 'remove' ? [] : [endpointType(value ?? at.type, path) as string]
        draft.endpointConfiguration.types = [...new Set([...others, ...added])]
      },
    },
    '/endpointConfiguration/ipAddressType': {
      ops: ['replace'],
      value: oneOf('ipAddressType', 'ipv4', 'dualstack'),
    },
    '/securityPolicy': {
      ops: ['replace'],
      value: policy => {
        if (policy && /^(TLS_1_[02]|SecurityPolicy_\w+)$/.test(policy)) return policy
        throw badRequest('Invalid security policy specified')
      },
    },
    '/endpointAccessMode': {
      ops: ['replace'],
      value: oneOf('endpoint access mode', 'BASIC', 'STRICT'),
    },
    '/routingMode': {
      ops: ['replace'],
      value: routingMode => {
        refuseUnservableDomain({ routingMode })
        return 'BASE_PATH_MAPPING_ONLY'
      },
    },
    '/mutualTlsAuthentication/truststoreUri': refuse('mutualTlsAuthentication'),
    '/policy': refuse('policy'),
  },
}

/**
 * DNS has to lead a custom domain here: both names are the host by which this Weir was called. There are no zones of
 * Route 53 to tell of.
 */
function answer(
  { account, platform }: Context,
  { id, doc }: { id: string; doc: DomainNameRecord },
): DomainName {
  const host = hostnameOf(splitUrl(platform.origin).host)
  const { types } = doc.endpointConfiguration
  return {
    domainName: id,
    domainNameArn: `arn:aws:apigateway:${account.region}::/domainnames/${id}`,
    certificateName: doc.certificateName,
    certificateArn: doc.certificateArn,
    certificateUploadDate:
      doc.certificateUploadDate === undefined ? undefined : date(doc.certificateUploadDate),
    regionalCertificateName: doc.regionalCertificateName,
    regionalCertificateArn: doc.regionalCertificateArn,
    ...(types.includes('EDGE') && { distributionDomainName: host }),
    ...(types.includes('REGIONAL') && { regionalDomainName: host }),
    endpointConfiguration: {
      types: [...types] as NonNullable<DomainName['endpointConfiguration']>['types'],
      ipAddressType: doc.endpointConfiguration.ipAddressType as 'ipv4' | 'dualstack',
    },
    domainNameStatus: 'AVAILABLE',
    securityPolicy: doc.securityPolicy as DomainName['securityPolicy'],
    endpointAccessMode: doc.endpointAccessMode as DomainName['endpointAccessMode'],
    routingMode: doc.routingMode as DomainName['routingMode'],
    tags: someTags(doc.tags),
  }
}
