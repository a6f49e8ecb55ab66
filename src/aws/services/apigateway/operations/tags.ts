import type { APIGateway } from '@aws-sdk/client-api-gateway'
import { restApis, stages } from '../../../../gateway/control/rest-api-records.ts'
import { vpcLinks } from '../../../../gateway/control/vpc-link-records.ts'
import { domainNames } from '../../../../gateway/domains/control/domain-records.ts'
import { decodeSegment } from '../../../../lib/fields.ts'
import type { Refusal } from '../../../../lib/refusal.ts'
import { withoutTags } from '../../../../lib/tags.ts'
import { apiKeys, usagePlans } from '../../../../metering/control/metering-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Kind, Records, Stored } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { apiOutdated, commitAndPublish, planOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf, someTags } from '../context.ts'
import {
  badRequest,
  noSuchApi,
  noSuchDomain,
  noSuchKey,
  noSuchPlan,
  noSuchStage,
  noSuchVpcLink,
} from '../refusals.ts'
import { checkApiTags, checkTags } from '../tag-rules.ts'

interface Tagged {
  readonly tags?: Readonly<Record<string, string>>
}

interface Taggable {
  readonly pattern: RegExp
  readonly of: Kind<Tagged>
  /** From the pattern's groups. */
  readonly key: (...groups: string[]) => { parent: string; id: string }
  readonly missing: (account: string, id: string) => Refusal
  /** Absent: as all tags. */
  readonly check?: typeof checkTags
}

/** What carries tags: the part of an ARN behind `arn:aws:apigateway:{region}::`, and where it is stored. */
const TAGGABLE: readonly Taggable[] = [
  {
    pattern: /^\/restapis\/([^/]+)$/,
    of: restApis as Kind<Tagged>,
    key: id => ({ parent: '', id: id! }),
    missing: noSuchApi,
    check: checkApiTags,
  },
  {
    pattern: /^\/restapis\/([^/]+)\/stages\/([^/]+)$/,
    of: stages as Kind<Tagged>,
    key: (parent, id) => ({ parent: parent!, id: id! }),
    missing: noSuchStage,
  },
  {
    pattern: /^\/apikeys\/([^/]+)$/,
    of: apiKeys as Kind<Tagged>,
    key: id => ({ parent: '', id: id! }),
    missing: noSuchKey,
  },
  {
    pattern: /^\/usageplans\/([^/]+)$/,
    of: usagePlans as Kind<Tagged>,
    key: id => ({ parent: '', id: id! }),
    missing: noSuchPlan,
  },
  {
    pattern: /^\/domainnames\/([^/]+)$/,
    of: domainNames as Kind<Tagged>,
    key: id => ({ parent: '', id: id!.toLowerCase() }),
    missing: noSuchDomain,
  },
  {
    pattern: /^\/vpclinks\/([^/]+)$/,
    of: vpcLinks as Kind<Tagged>,
    key: id => ({ parent: '', id: id! }),
    missing: noSuchVpcLink,
  },
]

/** Tags of what a path of API Gateway's own API is about: of the nearest thing on it that has any. */
export async function tagsOnPath(
  records: Records,
  path: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const steps = path.split('/')
  for (let length = steps.length; length > 2; length--) {
    const prefix = steps.slice(0, length).join('/')
    for (const { pattern, of, key } of TAGGABLE) {
      const match = pattern.exec(prefix)
      if (!match) continue
      const { parent, id } = key(...match.slice(1).map(decodeSegment))
      return (await records.get(of, parent, id))?.doc.tags
    }
  }
  return undefined
}

export const tagOperations = {
  async TagResource(input, call) {
    const context = contextOf(call)
    const { of, stored, check } = await find(context.records, input.resourceArn, call)
    const tags = { ...stored.doc.tags, ...input.tags }
    check(tags)
    await replaceTags(context, of, stored, tags)
    return {}
  },

  async UntagResource(input, call) {
    const context = contextOf(call)
    const { of, stored } = await find(context.records, input.resourceArn, call)
    await replaceTags(context, of, stored, someTags(withoutTags(stored.doc.tags ?? {}, input.tagKeys)))
    return {}
  },

  async GetTags(input, call) {
    const { stored } = await find(contextOf(call).records, input.resourceArn, call)
    return { tags: { ...stored.doc.tags } }
  },
} satisfies Handlers<APIGateway, Platform>

async function replaceTags(
  context: Context,
  of: Kind<Tagged>,
  stored: Stored<Tagged>,
  tags: Tagged['tags'],
): Promise<void> {
  const change = context.records.change().replace(of, stored, { ...stored.doc, tags })
  // Some tags of usage plans and stages are choices that meters and gateways go by.
  if (of === usagePlans) await commitAndPublish(context, change, planOutdated(stored))
  else if (of === stages) await commitAndPublish(context, change, apiOutdated(stored.parent))
  else await change.commit()
}

async function find(
  records: Records,
  resourceArn: string,
  { account, region }: { account: string; region: string },
) {
  const [, where, path = ''] = /^arn:[^:]+:apigateway:([^:]*)::(.+)$/.exec(resourceArn) ?? []
  for (const { pattern, of, key, missing, check = checkTags } of TAGGABLE) {
    const match = pattern.exec(path)
    if (!match) continue
    const { parent, id } = key(...match.slice(1))
    const stored = where === region ? await records.get(of, parent, id) : undefined
    if (!stored) throw missing(account, id)
    return { of, stored, check }
  }
  throw badRequest(`Invalid ARN. ARN is not well formed ${resourceArn}`)
}
