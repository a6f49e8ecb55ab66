import type { TopicMessage } from './topic-message.ts'

/** What a topic's object knows of the topic. */
export interface PublishedTopic {
  readonly schema: 1
  /** Differs from that of a former topic of the same name. */
  readonly uid: string
  /** JSON text. */
  readonly policy: string
  readonly signatureVersion: '1' | '2'
  /** JSON text of how HTTP endpoints are tried again. */
  readonly deliveryPolicy?: string
}

export type DeliveryProtocol = 'lambda' | 'http' | 'https'

/** What a topic's object knows of a subscription. */
export interface PublishedSubscription {
  readonly schema: 1
  readonly id: string
  /** Of the topic that was subscribed to. */
  readonly topicUid: string
  readonly protocol: DeliveryProtocol
  /** ARN of a function, or a URL. */
  readonly endpoint: string
  /** Where whoever subscribed reached Weir: links in notifications lead there. */
  readonly origin: string
  /** Until it is confirmed it is sent nothing but how to do that. */
  readonly isPending: boolean
  /** The message alone is sent, and nothing round it. */
  readonly isRaw: boolean
  readonly filter?: { readonly policy: string; readonly scope: FilterScope }
  /** JSON text. */
  readonly deliveryPolicy?: string
}

export type FilterScope = 'MessageAttributes' | 'MessageBody'

/** A message as a topic's object takes it. */
export interface PublishedMessage extends TopicMessage {
  readonly id: string
  /** When it was published; epoch milliseconds. */
  readonly at: number
}

/** Whether a topic's object has taken messages: `taken` is said once they are written down. */
export type PublishReply = 'taken' | 'no such topic' | 'not permitted' | 'too much waits'
