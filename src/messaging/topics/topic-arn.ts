import type { Account } from '../../lib/account.ts'
import { arn } from '../../lib/arn.ts'

/** Which topic is meant. */
export interface TopicPlace {
  readonly account: Account
  readonly name: string
}

export const topicArn = ({ account, name }: TopicPlace): string => arn('sns', account, name)

export const subscriptionArn = (topic: TopicPlace, id: string): string => `${topicArn(topic)}:${id}`

const TOPIC = /^arn:aws:sns:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)(?::([0-9a-f-]{36}))?$/

/** Reads the ARN of a topic, or of a subscription to one, whose id it then has; undefined for any other text. */
export function topicOfArn(text: string): (TopicPlace & { readonly subscription?: string }) | undefined {
  const match = TOPIC.exec(text)
  if (!match) return undefined
  const [, region, id, name, subscription] = match as unknown as [string, string, string, string, string?]
  return { account: { id, region }, name, subscription }
}

/** Of the topic's object. */
export const topicHubName = ({ account, name }: TopicPlace): string =>
  `topics/${account.id}/${account.region}/${name}`

/** The topic that an object is of. */
export function topicOfHub(hub: string): TopicPlace {
  const [, id = '', region = '', name = ''] = hub.split('/')
  return { account: { id, region }, name }
}
