import type { APIGateway, VpcLink } from '@aws-sdk/client-api-gateway'
import { type ResourceRecord, resources, stages } from '../../../../gateway/control/rest-api-records.ts'
import { type VpcLinkRecord, vpcLinks } from '../../../../gateway/control/vpc-link-records.ts'
import { bindingOf } from '../../../../gateway/links/binding-name.ts'
import { boundBackEnd } from '../../../../gateway/links/bound-back-end.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Platform } from '../../../../platform.ts'
import type { Kind, Stored } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { apiOutdated, commitAndPublish } from '../commit-and-publish.ts'
import { type Context, contextOf, someTags } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, orNone, type PatchTable, plainWording } from '../patch.ts'
import { badRequest, checkRoom, noSuchVpcLink } from '../refusals.ts'
import { checkTags } from '../tag-rules.ts'

export const vpcLinkOperations = {
  async CreateVpcLink(input, call) {
    const { records } = contextOf(call)
    checkTags(input.tags)
    const doc: VpcLinkRecord = {
      name: input.name,
      description: input.description,
      targetArns: input.targetArns,
      tags: input.tags,
    }
    checkVpcLink(doc)
    checkRoom(await records.count(vpcLinks, ''), LIMITS.vpcLinks, 'VPC links for this account')
    const id = shortId(6)
    await records.change().create(vpcLinks, { parent: '', id }, doc).commit()
    // AWS takes minutes from here; what became of it is asked for.
    return { ...described({ id, doc }), status: 'PENDING' }
  },

  async GetVpcLink(input, call) {
    const context = contextOf(call)
    return answer(context, await findVpcLink(context, input.vpcLinkId))
  },

  GetVpcLinks(input, call) {
    const context = contextOf(call)
    return pageOf(context.records, vpcLinks, '', 'vpclinks', input, link => answer(context, link))
  },

  async UpdateVpcLink(input, call) {
    const context = contextOf(call)
    const link = await findVpcLink(context, input.vpcLinkId)
    const doc = applyPatches(PATCHES, link.doc, input.patchOperations)
    checkVpcLink(doc)
    await context.records.change().replace(vpcLinks, link, doc).commit()
    return answer(context, { id: link.id, doc })
  },

  async DeleteVpcLink(input, call) {
    const context = contextOf(call)
    const { records } = context
    const link = await findVpcLink(context, input.vpcLinkId)
    const user = await firstUser(context, link.id)
    if (user) {
      throw badRequest(
        `Cannot delete vpc link. Vpc link '${link.id}', is referenced in [${user}] in format of [Method:Resource].`,
      )
    }
    // Those that name it by a stage variable lose it; of others no stage serves a method with it.
    const apis = await apisWithVariable(context, link.id)
    const change = records.change().remove(vpcLinks, link)
    await commitAndPublish(context, change, ...apis.map(apiOutdated))
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

async function findVpcLink({ records }: Context, id: string): Promise<Stored<VpcLinkRecord>> {
  const link = await records.get(vpcLinks, '', id)
  if (!link) throw noSuchVpcLink()
  return link
}

function checkVpcLink({ name, description = '', targetArns }: VpcLinkRecord): void {
  if (name.trim() === '') throw badRequest('Vpc link name must not be empty')
  if (description.length > LIMITS.description) {
    throw badRequest(`Invalid description specified. It has at most ${LIMITS.description} characters`)
  }
  if (targetArns.length !== 1) throw badRequest('A vpc link takes exactly one target ARN')
}

/** A method of the account, `GET:{resource id}`, whose integration names the link. */
async function firstUser(context: Context, linkId: string): Promise<string | undefined> {
  for (const { id, doc } of await mentioning(context, resources, `"connectionId":"${linkId}"`)) {
    const { methods } = JSON.parse(doc) as ResourceRecord
    const users = Object.keys(methods).filter(name => methods[name]!.integration?.connectionId === linkId)
    if (users.length > 0) return `${users[0]}:${id}`
  }
  return undefined
}

async function apisWithVariable(context: Context, linkId: string): Promise<string[]> {
  const found = await mentioning(context, stages, `"${linkId}"`)
  return [...new Set(found.map(({ parent }) => parent))]
}

/** Documents of the account that have a text in them, wherever they stand. */
async function mentioning(
  { platform, account }: Context,
  of: Kind<unknown>,
  text: string,
): Promise<Array<{ parent: string; id: string; doc: string }>> {
  const { results } = await platform.env.DB.prepare(
    'SELECT parent, id, doc FROM resources WHERE account = ? AND region = ? AND kind = ? AND instr(doc, ?) > 0 LIMIT 100',
  )
    .bind(account.id, account.region, of.name, text)
    .all<{ parent: string; id: string; doc: string }>()
  return results
}

const PATCHES: PatchTable<VpcLinkRecord> = {
  wording: plainWording,
  rows: {
    '/name': { ops: ['replace'], value: name => name ?? '' },
    '/description': { ops: ['replace'], value: orNone },
  },
}

interface Link {
  readonly id: string
  readonly doc: VpcLinkRecord
}

const described = ({ id, doc }: Link): VpcLink => ({
  id,
  name: doc.name,
  description: doc.description,
  targetArns: [...doc.targetArns],
  tags: someTags(doc.tags),
})

/** A link is as available as its binding, which comes and goes with deployments of Weir itself. */
function answer({ platform }: Context, link: Link): VpcLink {
  const failed = (statusMessage: string): VpcLink => ({ ...described(link), status: 'FAILED', statusMessage })
  const binding = bindingOf(link.doc.targetArns[0]!)
  if (binding === undefined) return failed('NLB ARN is malformed.')
  if (!boundBackEnd(platform.env, binding)) {
    return failed(
      `wrangler.toml has no binding ${binding}: add a service or a vpc_service of that name and deploy Weir`,
    )
  }
  return { ...described(link), status: 'AVAILABLE', statusMessage: 'Your vpc link is ready for use' }
}
