import type { Account } from '../../lib/account.ts'
import { functionOfArn, type NamedFunction } from '../../lib/arn.ts'
import { VariableText } from '../variable-text.ts'

const INVOCATION =
  /^arn:aws[a-z-]*:apigateway:([a-z0-9-]*):lambda:path\/+2015-03-31\/functions\/([^/]+)\/invocations$/

/** A function without its ARN is one of the API's own account. */
const NAME = /^([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9_-]+))?$/

/**
 * An integration's URI with `${stageVariables.name}` in it, cut up once:
 * `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function ARN}/invocations`.
 */
export class FunctionUri {
  readonly #text: VariableText

  constructor(uri: string) {
    this.#text = new VariableText(uri)
  }

  /**
   * Undefined when what comes out names no function: a variable is missing or holds something else.
   *
   * @param account the API's, for a function that is named without its ARN
   */
  resolve(variables: Readonly<Record<string, string>>, account?: Account): NamedFunction | undefined {
    const [, region, reference] = INVOCATION.exec(this.#text.resolve(variables)) ?? []
    if (reference === undefined) return undefined
    const [, name, qualifier] = (account && NAME.exec(reference)) ?? []
    if (account === undefined || name === undefined) return functionOfArn(reference)
    return { account: { ...account, region: region || account.region }, name, qualifier }
  }
}

/** Whether a URI is for calling a function, whatever its stage variables hold. */
export const isFunctionUri = (uri: string): boolean =>
  /:lambda:path\/+2015-03-31\/functions\/.+\/invocations$/.test(uri)
