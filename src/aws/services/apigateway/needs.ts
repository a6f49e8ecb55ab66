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
  { action: `apigateway:${method}`, resource: `arn:aws:apigateway:${region}::${rawPath}` },
]
