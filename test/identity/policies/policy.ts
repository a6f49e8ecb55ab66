import { compilePolicy } from '../../../src/identity/policies/compile-policy.ts'
import { type ApplicablePolicies, decide } from '../../../src/identity/policies/decide.ts'
import type { StatementDocument } from '../../../src/identity/policies/policy-document.ts'
import { type AccessRequest, type Principal, requestContext } from '../../../src/identity/policies/request.ts'

export const VERSION = '2012-10-17'

export type Values = Parameters<typeof requestContext>[0]

export const identityPolicy = (...statements: StatementDocument[]) =>
  compilePolicy('identity', { Version: VERSION, Statement: statements }, 'identity')

export const resourcePolicy = (...statements: StatementDocument[]) =>
  compilePolicy('resource', { Version: VERSION, Statement: statements }, 'resource')

export const allow = (more: Partial<StatementDocument> = {}): StatementDocument => ({
  Effect: 'Allow',
  Action: '*',
  ...('NotResource' in more ? {} : { Resource: '*' }),
  ...more,
})

export const deny = (more: Partial<StatementDocument> = {}): StatementDocument => ({
  ...allow(more),
  Effect: 'Deny',
})

export interface Asked {
  readonly action?: string
  readonly resource?: string
  readonly principal?: Principal
  readonly context?: Values
}

export const request = ({ action, resource, principal, context }: Asked = {}): AccessRequest => ({
  action: action ?? 'lambda:InvokeFunction',
  resource: resource ?? 'arn:aws:lambda:us-east-1:111122223333:function:f',
  principal,
  context: requestContext(context ?? {}),
})

/** Whether a single identity policy of these statements allows a request. */
export const allows = (statements: readonly StatementDocument[], asked: Asked = {}): boolean =>
  decide({ identity: [identityPolicy(...statements)] }, request(asked), true).allowed

export const decided = (policies: Partial<ApplicablePolicies>, asked: Asked = {}, sameAccount = true) =>
  decide({ identity: [], ...policies }, request(asked), sameAccount)
