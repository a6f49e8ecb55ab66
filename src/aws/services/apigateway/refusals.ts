import { Refusal } from '../../../lib/refusal.ts'

// Sentences as API Gateway itself answers them; clients and tools match on some of them.

export const badRequest = (message: string): Refusal => new Refusal('BadRequestException', message)
export const conflict = (message: string): Refusal => new Refusal('ConflictException', message)
export const notFound = (message: string): Refusal => new Refusal('NotFoundException', message)

/** Something that API Gateway has and Weir refuses, because ignoring it would change what a caller gets. */
export const unsupported = (what: string, supported?: string): Refusal =>
  badRequest(`Weir does not support ${what} yet${supported ? `. Supported: ${supported}` : ''}`)

/** For one more of what there may be `most` of. */
export function checkRoom(count: number, most: number, what: string): void {
  if (count < most) return
  throw new Refusal('LimitExceededException', `Maximum number of ${what} has been reached: ${most}`)
}

export function checkOption<T extends string>(
  what: string,
  value: string | undefined,
  options: readonly T[],
): asserts value is T {
  if ((options as readonly (string | undefined)[]).includes(value)) return
  throw badRequest(`Invalid ${what} specified. Valid options are ${options.join(',')}`)
}

export const noSuchApi = (account: string, id: string): Refusal =>
  notFound(`Invalid API identifier specified ${account}:${id}`)
export const noSuchResource = (): Refusal => notFound('Invalid Resource identifier specified')
export const noSuchMethod = (): Refusal => notFound('Invalid Method identifier specified')
export const noSuchIntegration = (): Refusal => notFound('Invalid Integration identifier specified')
export const noSuchResponse = (): Refusal => notFound('Invalid Response status code specified')
export const noSuchParameter = (): Refusal => notFound('Invalid parameter name specified')
export const noSuchContentType = (): Refusal => notFound('Content-Type specified was not found')
export const noSuchAuthorizer = (): Refusal => notFound('Invalid Authorizer identifier specified')
export const noSuchDeployment = (): Refusal => notFound('Invalid Deployment identifier specified')
export const noSuchStage = (): Refusal => notFound('Invalid stage identifier specified')
export const noSuchKey = (): Refusal => notFound('Invalid API Key identifier specified')
export const noSuchVpcLink = (): Refusal => notFound('Invalid Vpc Link identifier specified')
export const noSuchPlan = (): Refusal => notFound('Invalid Usage Plan ID specified')
export const noSuchDomain = (): Refusal => notFound('Invalid domain name identifier specified')
export const noSuchMapping = (): Refusal => notFound('Invalid base path mapping identifier specified')

export const concurrentModification = (): Refusal =>
  conflict('Unable to complete operation due to concurrent modification. Please try again later.')
