import type { Env } from '../../env.ts'
import type { ServicePrincipal } from '../../functions/invocation.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { PublishedMessage } from './published-topic.ts'
import { type TopicPlace, topicArn, topicHubName, topicOfArn } from './topic-arn.ts'
import type { PublishToTopic, TopicMessage } from './topic-message.ts'

/**
 * Publishes to topics, for Weir's own services. The message has to be one that a topic takes: see `check-message.ts`.
 */
export const publishToTopic =
  (env: Env, clock: Clock = systemClock, newId: () => string = () => crypto.randomUUID()): PublishToTopic =>
  async (arn, message, by) => {
    const topic = topicOfArn(arn)
    if (!topic || topic.subscription !== undefined) throw noSuchTopic()
    const [id] = await publishAll(env, topic, [message], { now: clock(), newId, by })
    return id!
  }

interface PublishOptions {
  /** Epoch milliseconds. */
  readonly now: number
  readonly newId: () => string
  readonly by?: ServicePrincipal
}

/** Hands messages to a topic together. @returns their ids, in order */
export async function publishAll(
  env: Env,
  topic: TopicPlace,
  messages: readonly TopicMessage[],
  { now, newId, by }: PublishOptions,
): Promise<string[]> {
  const published = messages.map((message): PublishedMessage => ({ ...message, id: newId(), at: now }))
  const reply = await env.TOPIC_HUB.getByName(topicHubName(topic)).publish(published, by)
  switch (reply) {
    case 'no such topic':
      throw noSuchTopic()
    case 'not permitted':
      throw new Refusal(
        'AuthorizationErrorException',
        `${by?.service} is not authorized to perform: SNS:Publish on resource: ${topicArn(topic)}`,
      )
    case 'too much waits':
      throw new Refusal(
        'ThrottledException',
        'Rate exceeded: too many messages of the topic have not reached their subscribers yet',
      )
  }
  return published.map(({ id }) => id)
}

export const noSuchTopic = (): Refusal => new Refusal('NotFoundException', 'Topic does not exist')
