import { namedAccount } from '../../../functions/control/function-reference.ts'
import { functionOfArn } from '../../../lib/arn.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Handler } from '../../wire/service.ts'

/**
 * Operations that a function's policy may let other accounts have done; the rest refuse the functions of others.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html#permissions-resource-xaccountinvoke
 */
const FOR_OTHERS: ReadonlySet<string> = new Set([
  'CreateAlias',
  'DeleteAlias',
  'DeleteFunction',
  'DeleteFunctionConcurrency',
  'GetAlias',
  'GetFunction',
  'GetFunctionConfiguration',
  'GetPolicy',
  'Invoke',
  'InvokeAsync',
  'InvokeWithResponseStream',
  'ListAliases',
  'ListTags',
  'ListVersionsByFunction',
  'PublishVersion',
  'PutFunctionConcurrency',
  'TagResource',
  'UntagResource',
  'UpdateAlias',
  'UpdateFunctionCode',
])

interface Naming {
  readonly FunctionName?: string
  /** Of operations on tags. */
  readonly Resource?: string
}

/**
 * A call as it is answered: in the account of the function that it names. Whether that account and the caller's own let
 * it has been asked before, of that very function.
 */
export function atOwner(input: Naming, call: Call<Platform>): Call<Platform> {
  const account = FOR_OTHERS.has(call.operation) ? ownerNamedIn(input) : undefined
  return account === undefined || account === call.account ? call : { ...call, account }
}

/** Read as the permission's resource is: see `needs.ts`. */
const ownerNamedIn = ({ FunctionName, Resource }: Naming): string | undefined =>
  Resource === undefined ? FunctionName && namedAccount(FunctionName) : functionOfArn(Resource)?.account.id

/** Handlers that answer {@link atOwner}. */
export const answeringAtOwner = (
  handlers: Readonly<Record<string, Handler<Platform>>>,
): Readonly<Record<string, Handler<Platform>>> =>
  Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      FOR_OTHERS.has(name) ? (input, call) => handler(input, atOwner(input, call)) : handler,
    ]),
  )
