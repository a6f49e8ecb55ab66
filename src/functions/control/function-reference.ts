import type { Account } from '../../lib/account.ts'
import { functionArn } from '../../lib/arn.ts'
import { Refusal } from '../../lib/refusal.ts'
import { invalidParameter, notFound } from './function-refusals.ts'

/** What a caller named: a function, or with a qualifier a version or an alias of it. */
export interface FunctionReference {
  readonly name: string
  /** `$LATEST`, a number or an alias; absent if the caller gave none. */
  readonly qualifier?: string
}

/** Who names it, in order to tell other regions and accounts from the caller's own. */
export interface Caller {
  readonly account: Account
  readonly arn: string
  /** The operation, e.g. `GetFunction`. */
  readonly operation: string
}

/**
 * All forms in which Lambda lets a function be named: `name`, `123456789012:function:name`, the ARN, and what lies
 * between them, each with or without `:qualifier`. A number of twelve digits is an account only before something.
 */
const FORMS =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:((?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/

/** The account that a `FunctionName` names; undefined where it names none. */
export const namedAccount = (text: string): string | undefined => FORMS.exec(text)?.[2]

/** Operations whose permission has another name than they. */
const INVOKING: ReadonlySet<string> = new Set(['Invoke', 'InvokeWithResponseStream'])

const VERSION = /^[1-9][0-9]{0,9}$/
const ALIAS = /^(?![0-9]+$)[a-zA-Z0-9-_]+$/

/**
 * Reads a `FunctionName` with its `Qualifier`. Refuses other regions and accounts, and two qualifiers that differ.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_RequestSyntax
 */
export function functionReference(
  text: string,
  qualifier: string | undefined,
  caller: Caller,
): FunctionReference {
  const match = FORMS.exec(text)
  if (!match) throw invalidParameter(`'${text}' does not name a function.`)
  const [, region, account, name, derived] = match as unknown as [string, string?, string?, string?, string?]
  if (region !== undefined && region !== caller.account.region) {
    throw notFound(`Functions from '${region}' are not reachable in this region ('${caller.account.region}')`)
  }
  if (account !== undefined && account !== caller.account.id) {
    const action = `lambda:${INVOKING.has(caller.operation) ? 'InvokeFunction' : caller.operation}`
    const resource = functionArn({ ...caller.account, id: account }, name!, derived ?? qualifier)
    throw new Refusal(
      'AccessDeniedException',
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
    )
  }
  if (derived !== undefined && qualifier !== undefined && derived !== qualifier) {
    throw invalidParameter(
      'The derived qualifier from the function name does not match the specified qualifier.',
    )
  }
  return { name: name!, qualifier: derived ?? qualifier }
}

/** For operations on whole functions. `$LATEST` is what they work on, so it may be named. */
export function unqualified(reference: FunctionReference): string {
  if (reference.qualifier !== undefined && reference.qualifier !== '$LATEST') {
    throw invalidParameter(
      'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
    )
  }
  return reference.name
}

export const isVersion = (qualifier: string): boolean => VERSION.test(qualifier)

export const isAlias = (qualifier: string): boolean => ALIAS.test(qualifier)
