import type { PolicyDocument, StatementDocument } from './policies/policy-document.ts'

/** A policy of AWS's own. Documents, versions and dates: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html */
export interface ManagedPolicy {
  readonly name: string
  readonly path: string
  readonly description: string
  readonly version: string
  /** ISO 8601. */
  readonly created: string
  readonly updated: string
  readonly document: PolicyDocument
}

export const allow = (
  Action: string | readonly string[],
  more: Partial<StatementDocument> = {},
): StatementDocument => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
})

export const policy = (...Statement: StatementDocument[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement,
})
