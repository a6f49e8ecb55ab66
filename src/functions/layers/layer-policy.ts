import { compilePolicy } from '../../identity/policies/compile-policy.ts'
import { decideByResource } from '../../identity/policies/decide.ts'
import { requestContext } from '../../identity/policies/request.ts'
import { rootArn } from '../../lib/arn.ts'
import { staleRevisionId } from '../control/function-refusals.ts'
import { withStatement } from '../control/resource-policy.ts'
import type { PolicyStatement } from '../manifest.ts'
import type { LayerPolicy } from './layer-records.ts'

const ACTION = 'lambda:GetLayerVersion'

/** What AddLayerVersionPermission grants. */
interface LayerGrant {
  readonly statementId: string
  /** `*`, an account, or the ARN of an account's root. */
  readonly principal: string
  readonly organizationId?: string
  /** ARN of the layer's version. */
  readonly resource: string
}

/** A statement as Lambda writes it, including the order of its members. */
export function layerStatement({
  statementId,
  principal,
  organizationId,
  resource,
}: LayerGrant): PolicyStatement {
  return {
    Sid: statementId,
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : { AWS: /^\d/.test(principal) ? rootArn(principal) : principal },
    Action: ACTION,
    Resource: resource,
    ...(organizationId === undefined
      ? {}
      : { Condition: { StringEquals: { 'aws:PrincipalOrgID': organizationId } } }),
  }
}

/** Refuses a revision that is not the policy's, an id that is taken and a policy that grows too long. */
export function extendedPolicy(
  policy: LayerPolicy | undefined,
  statement: PolicyStatement,
  expected: string | undefined,
): LayerPolicy {
  checkRevision(policy, expected)
  const statements = withStatement(policy?.statements ?? [], statement)
  return { statements, revisionId: crypto.randomUUID() }
}

/** Without a statement; undefined when no other is left. The caller has checked that there is one of the id. */
export function reducedPolicy(
  policy: LayerPolicy,
  statementId: string,
  expected: string | undefined,
): LayerPolicy | undefined {
  checkRevision(policy, expected)
  const statements = policy.statements.filter(({ Sid }) => Sid !== statementId)
  return statements.length === 0 ? undefined : { statements, revisionId: crypto.randomUUID() }
}

/**
 * Whether another account may use a layer's version. A grant to an organization lets nobody in: Weir knows of no
 * account what organization it belongs to.
 */
export function permitsAccount(policy: LayerPolicy | undefined, resource: string, account: string): boolean {
  if (!policy) return false
  const document = { Version: '2012-10-17', Statement: policy.statements }
  const request = {
    action: ACTION,
    resource,
    principal: { kind: 'root', account },
    context: requestContext({ 'aws:PrincipalAccount': account }),
  } as const
  return decideByResource(compilePolicy('layer', document, 'resource'), request).allowed
}

function checkRevision(policy: LayerPolicy | undefined, expected: string | undefined): void {
  if (expected && expected !== policy?.revisionId) throw staleRevisionId('GetLayerPolicy')
}
