import type { Account } from './account.ts'

/** arn:aws:service:region:account:resource */
export const arn = (service: string, account: Account, resource: string): string =>
  `arn:aws:${service}:${account.region}:${account.id}:${resource}`

export const functionArn = (account: Account, name: string, qualifier?: string): string =>
  arn('lambda', account, `function:${name}${qualifier ? `:${qualifier}` : ''}`)

/** A call of a method, as a permission's SourceArn names it: `{apiId}/{stage}/{METHOD}/{path}`. */
export const executeApiArn = (
  account: Account,
  apiId: string,
  stage: string,
  method: string,
  path: string,
): string => arn('execute-api', account, `${apiId}/${stage}/${method}${path === '/' ? '/' : path}`)
