import type { Invocation } from '../../functions/invocation.ts'
import type { Patience } from '../../functions/patience.ts'
import { functionArn, type NamedFunction } from '../../lib/arn.ts'
import { parseJsonObject } from '../../lib/json-object.ts'
import type { Exchange } from '../exchange.ts'

/** One call of a function that the gateway makes for a request. */
export interface FunctionCall {
  readonly target: NamedFunction
  /** JSON text. */
  readonly payload: string
  /** Base64 JSON, as Lambda's `X-Amz-Client-Context` has it. */
  readonly clientContext?: string
  /** As API Gateway, whom the function's own policy knows by this ARN; undefined: as a role, which {@link roleMayCall}. */
  readonly sourceArn: string | undefined
  /** How long the gateway waits. */
  readonly patience: Patience
}

export function toInvocation(
  exchange: Exchange,
  { target, payload, clientContext, sourceArn, patience }: FunctionCall,
): Invocation {
  const { ids, trace, located } = exchange
  return {
    account: target.account,
    name: target.name,
    qualifier: target.qualifier,
    payload,
    clientContext,
    requestId: ids.requestId,
    traceId: trace.request,
    principal:
      sourceArn === undefined
        ? undefined
        : { service: 'apigateway.amazonaws.com', sourceArn, sourceAccount: located.api.account.id },
    source: exchange,
    patience,
  }
}

/** Whether a role that the API's owner gave API Gateway may call a function. */
export const roleMayCall = (
  { gateway, located }: Exchange,
  role: string,
  { account, name, qualifier }: NamedFunction,
): Promise<boolean> =>
  gateway.roleMay(
    { role, account: located.api.account },
    { action: 'lambda:InvokeFunction', resource: functionArn(account, name, qualifier) },
  )

/** What a function that failed says of it; '' where its error document does not. */
export function errorMessageOf(payload: string): string {
  const errorMessage = parseJsonObject(payload)?.errorMessage
  return typeof errorMessage === 'string' ? errorMessage : ''
}
