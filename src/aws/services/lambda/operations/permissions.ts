import { lookUp } from '../../../../functions/control/find-function.ts'
import {
  aliases,
  FUNCTION_PUBLICATION,
  functions,
  policies,
  policyId,
  versions,
} from '../../../../functions/control/function-records.ts'
import { type FunctionReference, isAlias } from '../../../../functions/control/function-reference.ts'
import {
  cannotFindAlias,
  functionNotFound,
  invalidParameter,
  notFound,
  staleRevisionId,
} from '../../../../functions/control/function-refusals.ts'
import { policyDocument, statementOf, withStatement } from '../../../../functions/control/resource-policy.ts'
import type { PolicyStatement } from '../../../../functions/manifest.ts'
import { functionArn } from '../../../../lib/arn.ts'
import type { Change } from '../../../../records/records.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'

export const permissionOperations = {
  async AddPermission(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    const { name, qualifier } = reference
    if (qualifier === '$LATEST')
      throw invalidParameter('We currently do not support adding policies for $LATEST.')
    const statement = statementOf({
      statementId: input.StatementId,
      resource: functionArn(context.account, name, qualifier),
      action: input.Action,
      principal: input.Principal,
      sourceArn: input.SourceArn,
      sourceAccount: input.SourceAccount,
      eventSourceToken: input.EventSourceToken,
      functionUrlAuthType: input.FunctionUrlAuthType,
      invokedViaFunctionUrl: input.InvokedViaFunctionUrl,
      principalOrgId: input.PrincipalOrgID,
    })
    await changeFunction(context, name, async () => {
      const owner = await policyOwner(context, reference)
      const policy = await context.records.get(policies, name, policyId(qualifier))
      if (input.RevisionId && input.RevisionId !== owner.revisionId) throw staleRevisionId('GetPolicy')
      const statements = withStatement(policy?.doc.statements ?? [], statement)
      const change = owner.renewed(context.records.change())
      if (policy) change.replace(policies, policy, { statements })
      else change.create(policies, { parent: name, id: policyId(qualifier) }, { statements })
      await change.publish({ kind: FUNCTION_PUBLICATION, id: name }).commit()
    })
    return { Statement: JSON.stringify(statement) }
  },

  async RemovePermission(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const reference = referenceOf(context, input)
    const { name, qualifier } = reference
    await changeFunction(context, name, async () => {
      if (!(await records.get(functions, '', name))) {
        throw notFound(`No policy found for: ${functionArn(account, name, qualifier)}`)
      }
      const owner = await policyOwner(context, reference)
      const policy = await records.get(policies, name, policyId(qualifier))
      if (!policy) throw notFound('No policy is associated with the given resource.')
      const statements = policy.doc.statements.filter(({ Sid }) => Sid !== input.StatementId)
      if (statements.length === policy.doc.statements.length) {
        throw notFound(`Statement ${input.StatementId} is not found in resource policy.`)
      }
      if (input.RevisionId && input.RevisionId !== owner.revisionId) throw staleRevisionId('GetPolicy')
      const change = owner.renewed(records.change())
      if (statements.length > 0) change.replace(policies, policy, { statements })
      else change.remove(policies, policy)
      await change.publish({ kind: FUNCTION_PUBLICATION, id: name }).commit()
    })
    return {}
  },

  async GetPolicy(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    const policy = await context.records.get(policies, reference.name, policyId(reference.qualifier))
    const statements: readonly PolicyStatement[] = policy?.doc.statements ?? []
    if (statements.length === 0) throw notFound('The resource you requested does not exist.')
    const { revisionId } = await policyOwner(context, reference)
    return { Policy: policyDocument(statements), RevisionId: revisionId }
  },
} satisfies LambdaHandlers

/** What a policy hangs on. Lambda has one revision id for both, so a change of the policy gives it a new one. */
interface PolicyOwner {
  readonly revisionId: string
  renewed(change: Change): Change
}

async function policyOwner(
  { account, records }: Context,
  reference: FunctionReference,
): Promise<PolicyOwner> {
  const { name, qualifier = '$LATEST' } = reference
  const { owner, version, alias, isWhole } = await lookUp(records, reference)
  if (!owner) throw functionNotFound(account, name)
  if (!isWhole) {
    throw isAlias(qualifier)
      ? cannotFindAlias(account, name, qualifier)
      : functionNotFound(account, name, qualifier)
  }
  const revisionId = crypto.randomUUID()
  if (version) {
    return {
      revisionId: version.doc.revisionId,
      renewed: change =>
        change.expect(functions, owner).replace(versions, version, { ...version.doc, revisionId }),
    }
  }
  if (alias) {
    return {
      revisionId: alias.doc.revisionId,
      renewed: change =>
        change.expect(functions, owner).replace(aliases, alias, { ...alias.doc, revisionId }),
    }
  }
  const { latest } = owner.doc
  return {
    revisionId: latest.revisionId,
    renewed: change => change.replace(functions, owner, { ...owner.doc, latest: { ...latest, revisionId } }),
  }
}
