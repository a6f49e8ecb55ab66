import type { Account } from './account.ts'

/** arn:aws:service:region:account:resource */
export const arn = (service: string, account: Account, resource: string): string =>
  `arn:aws:${service}:${account.region}:${account.id}:${resource}`

/** What an ARN says, each part '' where it says nothing: the resource may have colons of its own. */
export interface ArnParts {
  readonly service: string
  readonly region: string
  /** Twelve digits. */
  readonly account: string
  readonly resource: string
}

/** Cuts a text up as an ARN; of one that is none, parts are ''. */
export function partsOfArn(text: string): ArnParts {
  const [, , service = '', region = '', account = '', ...resource] = text.split(':')
  return { service, region, account, resource: resource.join(':') }
}

/** An account as a principal, and its owner as a caller. */
export const rootArn = (accountId: string): string => `arn:aws:iam::${accountId}:root`

export const functionArn = (account: Account, name: string, qualifier?: string): string =>
  arn('lambda', account, `function:${name}${qualifier ? `:${qualifier}` : ''}`)

/** The function, version or alias that an ARN names. */
export interface NamedFunction {
  readonly account: Account
  readonly name: string
  readonly qualifier?: string
}

const FUNCTION_ARN =
  /^arn:aws[a-zA-Z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9_-]+))?$/

/** Reads `arn:aws:lambda:{region}:{account}:function:{name}[:{qualifier}]`; undefined for any other text. */
export function functionOfArn(text: string): NamedFunction | undefined {
  const match = FUNCTION_ARN.exec(text)
  if (!match) return undefined
  const [, region, id, name, qualifier] = match as unknown as [string, string, string, string, string?]
  return { account: { id, region }, name, qualifier }
}

/** A call of a method, as a permission's SourceArn names it: `{apiId}/{stage}/{METHOD}/{path}`. */
export const executeApiArn = (
  account: Account,
  apiId: string,
  stage: string,
  method: string,
  path: string,
): string => arn('execute-api', account, `${apiId}/${stage}/${method}${path}`)
