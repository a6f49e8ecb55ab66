import type { APIGateway, BasePathMapping } from '@aws-sdk/client-api-gateway'
import { restApis, stages } from '../../../../gateway/control/rest-api-records.ts'
import {
  type BasePathMappingRecord,
  basePathMappings,
  type DomainNameRecord,
  domainNames,
  NO_BASE_PATH,
} from '../../../../gateway/domains/control/domain-records.ts'
import { domainsLeadingTo } from '../../../../gateway/domains/control/find-mappings.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change, Stored } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { commitAndPublish, domainOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf } from '../context.ts'
import { checkBasePath } from '../domain-rules.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, type PatchTable, plainWording } from '../patch.ts'
import { badRequest, checkRoom, conflict, noSuchMapping } from '../refusals.ts'
import { findDomain } from './domain-names.ts'

export const basePathMappingOperations = {
  async CreateBasePathMapping(input, call) {
    const context = contextOf(call)
    const { records } = context
    const domain = await findDomain(context, input.domainName)
    const id = readBasePath(input.basePath)
    const doc: BasePathMappingRecord = { restApiId: input.restApiId, stage: readStage(input.stage) }
    const change = records.change().create(basePathMappings, { parent: domain.id, id }, doc)
    await claimTarget(context, change, doc)
    if (await records.get(basePathMappings, domain.id, id)) throw mappingThere()
    checkRoom(
      await records.count(basePathMappings, domain.id),
      LIMITS.mappingsPerDomain,
      'base path mappings for this domain name',
    )
    await commit(context, change, domain)
    return answer({ id, doc })
  },

  async GetBasePathMapping(input, call) {
    const context = contextOf(call)
    const { id } = await findDomain(context, input.domainName)
    return answer(await findMapping(context, id, input.basePath))
  },

  async GetBasePathMappings(input, call) {
    const context = contextOf(call)
    const { id } = await findDomain(context, input.domainName)
    return pageOf(context.records, basePathMappings, id, `domainnames/${id}`, input, answer)
  },

  async UpdateBasePathMapping(input, call) {
    const context = contextOf(call)
    const { records } = context
    const domain = await findDomain(context, input.domainName)
    const mapping = await findMapping(context, domain.id, input.basePath)
    const before: PatchedMapping = { ...mapping.doc, basePath: mapping.id }
    const { basePath, ...doc } = applyPatches(PATCHES, before, input.patchOperations)
    const id = readBasePath(basePath)
    const change = records.change()
    if (id === mapping.id) change.replace(basePathMappings, mapping, doc)
    else {
      if (await records.get(basePathMappings, domain.id, id)) throw mappingThere()
      change.remove(basePathMappings, mapping).create(basePathMappings, { parent: domain.id, id }, doc)
    }
    await claimTarget(context, change, doc)
    await commit(context, change, domain)
    return answer({ id, doc })
  },

  async DeleteBasePathMapping(input, call) {
    const context = contextOf(call)
    const domain = await findDomain(context, input.domainName)
    const mapping = await findMapping(context, domain.id, input.basePath)
    await commit(context, context.records.change().remove(basePathMappings, mapping), domain)
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

/** An API, or a stage of it, that custom domains lead to cannot be deleted. */
export async function refuseMapped(
  { platform, account }: Context,
  apiId: string,
  stage?: string,
): Promise<void> {
  const domains = await domainsLeadingTo(platform.env.DB, account, apiId, stage)
  if (domains.length === 0) return
  const [what, which] = stage === undefined ? ['RestApi', apiId] : ['stage', stage]
  throw badRequest(
    `Deleting ${what} ${which} failed. Please remove all base path mappings related to the ${what} in your domains: ${domains.join(', ')}`,
  )
}

async function findMapping(
  { records }: Context,
  domainId: string,
  basePath: string,
): Promise<Stored<BasePathMappingRecord>> {
  const mapping = await records.get(basePathMappings, domainId, basePath)
  if (!mapping) throw noSuchMapping()
  return mapping
}

const mappingThere = () => conflict('Base path already exists for this domain name')

function readBasePath(basePath: string | undefined): string {
  if (!basePath || basePath === NO_BASE_PATH) return NO_BASE_PATH
  checkBasePath(basePath)
  return basePath
}

const readStage = (stage: string | undefined): string | undefined =>
  stage === undefined || stage === '' || stage === NO_BASE_PATH ? undefined : stage

/**
 * What a mapping leads to exists, also when the change is committed: its revision is raised, so that a deletion at the
 * same moment, which found no mapping, is made again.
 */
async function claimTarget(
  { records }: Context,
  change: Change,
  { restApiId, stage }: BasePathMappingRecord,
): Promise<void> {
  const api = await records.get(restApis, '', restApiId)
  if (!api) throw badRequest('Invalid REST API identifier specified')
  if (stage === undefined) {
    change.replace(restApis, api, api.doc)
    return
  }
  const found = await records.get(stages, restApiId, stage)
  if (!found) throw badRequest('Invalid stage identifier specified')
  change.replace(stages, found, found.doc)
}

const commit = (context: Context, change: Change, domain: Stored<DomainNameRecord>): Promise<void> =>
  commitAndPublish(context, change.expect(domainNames, domain), domainOutdated(domain))

interface PatchedMapping extends BasePathMappingRecord {
  readonly basePath: string
}

const PATCHES: PatchTable<PatchedMapping> = {
  wording: plainWording,
  rows: {
    '/basePath': { ops: ['replace'], value: basePath => basePath || NO_BASE_PATH },
    '/stage': { ops: ['replace', 'remove'], value: readStage },
    // The documentation spells it so; the other spelling is the property's.
    '/restapiId': {
      ops: ['replace'],
      apply(draft, { value }) {
        draft.restApiId = value ?? ''
      },
    },
    '/restApiId': { ops: ['replace'], value: id => id ?? '' },
  },
}

const answer = ({ id, doc }: { id: string; doc: BasePathMappingRecord }): BasePathMapping => ({
  basePath: id,
  restApiId: doc.restApiId,
  stage: doc.stage,
})
