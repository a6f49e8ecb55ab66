import type { PublishedSubscription } from './published-topic.ts'
import { subscriptionArn, type TopicPlace, topicArn } from './topic-arn.ts'
import type { TopicAttribute } from './topic-message.ts'

/** What is said to one subscriber, before it is signed. */
export type Notification = Said & (Notified | Confirming)

interface Said {
  readonly MessageId: string
  readonly TopicArn: string
  readonly Message: string
  /** `2012-05-02T00:54:06.655Z` */
  readonly Timestamp: string
}

interface Notified {
  readonly Type: 'Notification'
  readonly Subject?: string
  readonly attributes?: Readonly<Record<string, TopicAttribute>>
}

interface Confirming {
  readonly Type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
  readonly Token: string
  readonly SubscribeURL: string
}

export interface Signature {
  readonly SignatureVersion: '1' | '2'
  /** Base64. */
  readonly Signature: string
  readonly SigningCertURL: string
}

export type SignedNotification = Notification & Signature

/**
 * The text that the signature is of: names and values, each on a line, in the order of the names.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
 */
export function textToSign(notification: Notification): string {
  const { Message, MessageId, Timestamp, TopicArn, Type } = notification
  const pairs =
    notification.Type === 'Notification'
      ? { Message, MessageId, Subject: notification.Subject, Timestamp, TopicArn, Type }
      : {
          Message,
          MessageId,
          SubscribeURL: notification.SubscribeURL,
          Timestamp,
          Token: notification.Token,
          TopicArn,
          Type,
        }
  return Object.entries(pairs)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('')
}

/** Where a click ends a subscription. */
const unsubscribeUrl = ({ origin, id }: PublishedSubscription, place: TopicPlace): string =>
  `${origin}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn(place, id)}`

/** Where a click, or a request by the endpoint itself, confirms a subscription. */
export const subscribeUrl = ({ origin }: PublishedSubscription, place: TopicPlace, token: string): string =>
  `${origin}/?Action=ConfirmSubscription&TopicArn=${topicArn(place)}&Token=${token}`

/** What an HTTP endpoint is sent. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export function httpBody(
  signed: SignedNotification,
  place: TopicPlace,
  subscription: PublishedSubscription,
): object {
  const { Type, MessageId, TopicArn, Message, Timestamp, SignatureVersion, Signature, SigningCertURL } =
    signed
  const signature = { SignatureVersion, Signature, SigningCertURL }
  if (signed.Type !== 'Notification') {
    const { Token, SubscribeURL } = signed
    return { Type, MessageId, Token, TopicArn, Message, SubscribeURL, Timestamp, ...signature }
  }
  const { Subject, attributes } = signed
  return {
    Type,
    MessageId,
    TopicArn,
    ...(Subject !== undefined && { Subject }),
    Message,
    Timestamp,
    ...signature,
    UnsubscribeURL: unsubscribeUrl(subscription, place),
    ...(attributes && Object.keys(attributes).length > 0 && { MessageAttributes: attributesOf(attributes) }),
  }
}

/** What a function is called with. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function functionEvent(
  signed: SignedNotification,
  place: TopicPlace,
  subscription: PublishedSubscription,
): object {
  const { Type, MessageId, TopicArn, Message, Timestamp, SignatureVersion, Signature, SigningCertURL } =
    signed
  const { Subject, attributes } = signed as Notified
  return {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscriptionArn(place, subscription.id),
        Sns: {
          Type,
          MessageId,
          TopicArn,
          Subject: Subject ?? null,
          Message,
          Timestamp,
          SignatureVersion,
          Signature,
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: unsubscribeUrl(subscription, place),
          MessageAttributes: attributesOf(attributes ?? {}),
        },
      },
    ],
  }
}

const attributesOf = (attributes: Readonly<Record<string, TopicAttribute>>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]),
  )
