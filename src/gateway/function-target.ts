import { functionOfArn, type NamedFunction } from '../lib/arn.ts'
import { ownField } from '../lib/fields.ts'

const PLACEHOLDER = /\$\{stageVariables\.([A-Za-z0-9_]+)\}/g
const INVOCATION =
  /^arn:aws[a-z-]*:apigateway:[a-z0-9-]*:lambda:path\/2015-03-31\/functions\/([^/]+)\/invocations$/

/**
 * An integration's URI with `${stageVariables.name}` in it, cut up once:
 * `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function ARN}/invocations`.
 */
export class FunctionUri {
  /** Literal pieces at even places, names of stage variables at odd ones. */
  readonly #pieces: readonly string[]

  constructor(uri: string) {
    this.#pieces = uri.split(PLACEHOLDER)
  }

  /** Undefined when what comes out names no function: a variable is missing or holds something else. */
  resolve(variables: Readonly<Record<string, string>>): NamedFunction | undefined {
    let uri = ''
    for (const [i, piece] of this.#pieces.entries()) {
      uri += i % 2 === 0 ? piece : (ownField(variables, piece) ?? '')
    }
    const [, arn] = INVOCATION.exec(uri) ?? []
    return arn === undefined ? undefined : functionOfArn(arn)
  }
}
