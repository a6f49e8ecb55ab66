import type { Platform } from '../../../platform.ts'
import type { Call, Need, Sent } from '../../wire/service.ts'

/**
 * API Gateway's permissions are the methods of its own REST API, and its resources the paths of it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
 */
export const apigatewayNeeds = (
  _input: unknown,
  { region }: Call<Platform>,
  { method, rawPath }: Sent,
): readonly Need[] => [
  { action: `apigateway:${method}`, resource: `arn:aws:apigateway:${region}::${oneSpelling(rawPath)}` },
]

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
