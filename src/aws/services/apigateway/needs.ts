import { decodeSegment } from '../../../lib/fields.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need, Sent } from '../../wire/service.ts'
import { tagsOnPath } from './operations/tags.ts'

/**
 * API Gateway's permissions are the methods of its own REST API, and its resources the paths of it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
 */
export function apigatewayNeeds(
  _input: unknown,
  { account, region, platform }: Call<Platform>,
  { method, rawPath }: Sent,
): readonly Need[] {
  const path = oneSpelling(rawPath)
  return [
    {
      action: `apigateway:${method}`,
      resource: `arn:aws:apigateway:${region}::${path}`,
      tags: () => tagsOnPath(platform.records({ id: account, region }), taggedPath(path)),
    },
  ]
}

/** Operations on tags are about what they name: `/tags/arn%3Aaws%3Aapigateway%3A...%2Frestapis%2F{id}`. */
function taggedPath(path: string): string {
  const [, named] = /^\/tags\/(.+)$/.exec(path) ?? []
  return named === undefined ? path : decodeSegment(named).split(':').slice(5).join(':')
}

/**
 * A path may end in a slash, and any of its characters be encoded, and still lead to the same: what a policy forbids
 * is not to be had by spelling it so. ARNs within paths are encoded in policies, too (`/tags/arn%3Aaws%3A...`).
 */
function oneSpelling(rawPath: string): string {
  try {
    return rawPath
      .replace(/(?<=.)\/$/, '')
      .split('/')
      .map(segment => encodeURIComponent(decodeURIComponent(segment)))
      .join('/')
  } catch {
    // No operation reads it either.
    return rawPath
  }
}
