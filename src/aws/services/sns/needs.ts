import { topics } from '../../../messaging/topics/control/topic-records.ts'
import { topicArn, topicOfArn } from '../../../messaging/topics/topic-arn.ts'
import type { Platform } from '../../../platform.ts'
import { ANONYMOUS, type Call, type Need } from '../../wire/service.ts'

interface Named {
  readonly TopicArn?: string
  readonly TargetArn?: string
  readonly ResourceArn?: string
  readonly SubscriptionArn?: string
  readonly Name?: string
  readonly Protocol?: string
  readonly Endpoint?: string
  readonly Tags?: readonly unknown[]
}

/** What is published together is published. */
const ACTIONS: Readonly<Record<string, string>> = { PublishBatch: 'sns:Publish' }

/** What links of notifications lead to. */
const OF_LINKS: ReadonlySet<string> = new Set(['ConfirmSubscription', 'Unsubscribe'])

/**
 * What SNS's operations ask for. Those on a subscription are about no resource.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
 */
export function snsNeeds(input: Named, call: Call<Platform>): readonly Need[] {
  // Whoever follows a link has shown the token, or the ARN that none but the endpoint was told.
  if (call.identity === ANONYMOUS && OF_LINKS.has(call.operation)) return []
  const action = ACTIONS[call.operation] ?? `sns:${call.operation}`
  const arn = arnOf(input, call)
  if (arn === undefined) return [{ action, resource: '*' }]
  const context = {
    ...(input.Protocol !== undefined && { 'sns:Protocol': input.Protocol }),
    ...(input.Endpoint !== undefined && { 'sns:Endpoint': input.Endpoint }),
  }
  const place = topicOfArn(arn)
  const tags = async () =>
    place && (await call.platform.records(place.account).get(topics, '', place.name))?.doc.tags
  const need: Need = { action, resource: arn, context, tags }
  return call.operation === 'CreateTopic' && input.Tags?.length
    ? [need, { ...need, action: 'sns:TagResource' }]
    : [need]
}

function arnOf({ TopicArn, TargetArn, ResourceArn, Name }: Named, call: Call<Platform>): string | undefined {
  if (Name !== undefined) return topicArn({ account: { id: call.account, region: call.region }, name: Name })
  return TopicArn ?? TargetArn ?? ResourceArn
}
