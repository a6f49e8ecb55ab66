import { rootArn } from '../../lib/arn.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { PolicyStatement } from '../manifest.ts'
import { conflict, invalidParameter } from './function-refusals.ts'
import { LIMITS } from './limits.ts'

/** What AddPermission grants. */
export interface Grant {
  readonly statementId: string
  /** ARN of the function, version or alias. */
  readonly resource: string
  readonly action: string
  readonly principal: string
  readonly sourceArn?: string
  readonly sourceAccount?: string
  readonly eventSourceToken?: string
  readonly functionUrlAuthType?: string
  readonly invokedViaFunctionUrl?: boolean
  readonly principalOrgId?: string
}

const ACCOUNT = /^\d{12}$/
const ARN = /^arn:aws[a-zA-Z-]*:(?:iam|sts)::\d{12}:.+$/
const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal)$/

/** A statement as Lambda writes it, including the order of its members. */
export function statementOf(grant: Grant): PolicyStatement {
  const equals: Record<string, string> = {}
  if (grant.sourceAccount !== undefined) equals['AWS:SourceAccount'] = grant.sourceAccount
  if (grant.functionUrlAuthType !== undefined) {
    if (grant.action !== 'lambda:InvokeFunctionUrl') {
      throw invalidParameter('FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action')
    }
    equals['lambda:FunctionUrlAuthType'] = grant.functionUrlAuthType
  }
  if (grant.principalOrgId !== undefined) equals['aws:PrincipalOrgID'] = grant.principalOrgId
  if (grant.eventSourceToken !== undefined) equals['lambda:EventSourceToken'] = grant.eventSourceToken
  const condition: Record<string, Record<string, string>> = {}
  if (Object.keys(equals).length > 0) condition.StringEquals = equals
  if (grant.sourceArn !== undefined) condition.ArnLike = { 'AWS:SourceArn': grant.sourceArn }
  if (grant.invokedViaFunctionUrl !== undefined) {
    condition.Bool = { 'lambda:InvokedViaFunctionUrl': String(grant.invokedViaFunctionUrl) }
  }
  return {
    Sid: grant.statementId,
    Effect: 'Allow',
    Principal: principalOf(grant.principal),
    Action: grant.action,
    Resource: grant.resource,
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
  }
}

function principalOf(principal: string): PolicyStatement['Principal'] {
  if (principal === '*') return '*'
  if (ACCOUNT.test(principal)) return { AWS: rootArn(principal) }
  if (ARN.test(principal)) return { AWS: principal }
  if (SERVICE.test(principal)) return { Service: principal }
  throw invalidParameter('The provided principal was invalid. Please check the principal and try again.')
}

export const policyDocument = (statements: readonly PolicyStatement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements })

/** Refuses an id that is taken and a policy that grows too long. */
export function withStatement(
  statements: readonly PolicyStatement[],
  statement: PolicyStatement,
): readonly PolicyStatement[] {
  if (statements.some(({ Sid }) => Sid === statement.Sid)) {
    throw conflict(
      `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    )
  }
  const longer = [...statements, statement]
  const size = new TextEncoder().encode(policyDocument(longer)).length
  if (size > LIMITS.policyBytes) {
    throw new Refusal(
      'PolicyLengthExceededException',
      `The final policy size (${size}) is bigger than the limit (${LIMITS.policyBytes}).`,
      { members: { Type: 'User' } },
    )
  }
  return longer
}
