import type { RevisionLocation } from '@aws-sdk/client-codedeploy'
import { type AppSpec, readAppSpec } from '../../../deployments/app-spec.ts'
import type { Revision } from '../../../deployments/deployment-state.ts'
import { sha256Hex } from '../../../lib/hash.ts'
import { refuse } from './context.ts'

/** An AppSpec by its content: files in buckets and at GitHub are for what has files. */
export async function readRevision(location: RevisionLocation | undefined): Promise<Revision> {
  if (!location) throw refuse('RevisionRequired', 'A revision must be specified')
  const { revisionType: type, appSpecContent, string } = location
  if (type !== 'AppSpecContent' && type !== 'String') {
    throw invalid(`Weir takes an AppSpec by its content (AppSpecContent), not from ${type ?? 'nowhere'}`)
  }
  const { content, sha256 } = (type === 'String' ? string : appSpecContent) ?? {}
  if (!content) throw invalid('it has no content')
  const actual = await sha256Hex(content)
  if (sha256 !== undefined && sha256.toLowerCase() !== actual) {
    throw invalid('its sha256 is not that of its content')
  }
  return { type, content, sha256: actual }
}

export function appSpecOf({ content }: Revision): AppSpec {
  const spec = readAppSpec(content)
  if ('refused' in spec) throw invalid(spec.refused)
  return spec
}

const invalid = (what: string) => refuse('InvalidRevision', `The revision is not valid: ${what}`)
