import { isLocal } from '../../../env.ts'
import type { IntegrationRecord } from '../../../gateway/control/rest-api-records.ts'
import { vpcLinks } from '../../../gateway/control/vpc-link-records.ts'
import { isPrivateHost } from '../../../lib/private-host.ts'
import type { Context } from './context.ts'
import { badRequest } from './refusals.ts'

/** Refuses where an integration over HTTP can never lead: to a link that there is not, to the inside of a network. */
export async function checkEndpoint(
  { records, platform }: Context,
  { type, uri = '', connectionType, connectionId = '' }: IntegrationRecord,
): Promise<void> {
  if (type !== 'HTTP' && type !== 'HTTP_PROXY') return
  if (connectionType === 'VPC_LINK') {
    // A stage variable may stand for it, and be set later.
    if (connectionId.includes('$')) return
    if (!(await records.get(vpcLinks, '', connectionId))) {
      throw badRequest(`Invalid vpc link specified: ${connectionId}`)
    }
    return
  }
  const host = /^https?:\/\/([^/?#]*)/i.exec(uri)?.[1] ?? ''
  if (isLocal(platform.env) || host.includes('$')) return
  if (isPrivateHost(new URL(`http://${host}`).hostname)) {
    throw badRequest('Invalid HTTP endpoint specified for URI')
  }
}
