import { checkDocument } from '../../../identity/policies/check-document.ts'
import {
  listOf,
  type PolicyDocument,
  type StatementDocument,
} from '../../../identity/policies/policy-document.ts'
import { rootArn } from '../../../lib/arn.ts'
import { type TopicPlace, topicArn } from '../../../messaging/topics/topic-arn.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'

/** What a topic's policy can be about. https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html */
const ACTIONS = [
  'GetTopicAttributes',
  'SetTopicAttributes',
  'AddPermission',
  'RemovePermission',
  'DeleteTopic',
  'Subscribe',
  'ListSubscriptionsByTopic',
  'Publish',
] as const

/** What a topic has until somebody sets another one: services may publish for the account that has it. */
export function defaultPolicy(place: TopicPlace): string {
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ACTIONS.map(action => `SNS:${action}`),
        Resource: topicArn(place),
        Condition: { StringEquals: { 'AWS:SourceOwner': place.account.id } },
      },
    ],
  })
}

/** A policy that a topic may have; '' is the one that it began with. */
export function checkedPolicy(text: string, place: TopicPlace): string {
  if (text === '') return defaultPolicy(place)
  if (new TextEncoder().encode(text).length > LIMITS.policyBytes) {
    throw invalidParameter('Policy Reason: Policy too long')
  }
  const checked = checkDocument(text, 'resource')
  if (!checked.ok) throw invalidParameter(`Policy Error: ${checked.message}`)
  for (const { Action, NotAction } of listOf(checked.document.Statement)) {
    for (const action of listOf(Action ?? NotAction)) {
      if (action !== '*' && !action.toLowerCase().startsWith('sns:')) {
        throw invalidParameter('Policy statement action out of service scope!')
      }
    }
  }
  return text
}

interface TopicGrant {
  readonly label: string
  readonly accounts: readonly string[]
  readonly actions: readonly string[]
}

/** A policy with what AddPermission grants. */
export function withGrant(policy: string, place: TopicPlace, grant: TopicGrant): string {
  const document = JSON.parse(policy) as PolicyDocument
  const statements = listOf(document.Statement)
  if (statements.some(({ Sid }) => Sid === grant.label)) throw invalidParameter('Statement already exists')
  return JSON.stringify({ ...document, Statement: [...statements, statementOf(place, grant)] })
}

function statementOf(place: TopicPlace, { label, accounts, actions }: TopicGrant): StatementDocument {
  if (label === '') throw invalidParameter('Label')
  if (accounts.length === 0 || !accounts.every(account => /^\d{12}$/.test(account))) {
    throw invalidParameter('AWSAccountId')
  }
  const known = actions.every(action => ACTIONS.some(each => each === action) || action === '*')
  if (actions.length === 0 || !known) throw invalidParameter('Policy statement action out of service scope!')
  return {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrMore(accounts.map(rootArn)) },
    Action: oneOrMore(actions.map(action => `SNS:${action}`)),
    Resource: topicArn(place),
  }
}

const oneOrMore = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 ? values[0]! : values

/** A policy without what RemovePermission takes away, which need not be there. */
export function withoutGrant(policy: string, label: string): string {
  const document = JSON.parse(policy) as PolicyDocument
  const left = listOf(document.Statement).filter(({ Sid }) => Sid !== label)
  return JSON.stringify({ ...document, Statement: left })
}
