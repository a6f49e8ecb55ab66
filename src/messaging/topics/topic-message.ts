/** Something for the subscribers of a topic. */
export interface TopicMessage {
  readonly subject?: string
  /** Text; with `structure` JSON, an object with a text for each protocol and `default`. */
  readonly message: string
  readonly structure?: 'json'
  readonly attributes?: Readonly<Record<string, TopicAttribute>>
}

export interface TopicAttribute {
  /** `String`, `String.Array`, `Number`, `Binary`, or one of these with `.` and a name of the sender's own. */
  readonly type: string
  /** Text; base64 of `Binary`. */
  readonly value: string
}

/** Hands a message to a topic; once this returns, its subscribers will be told. @returns the message's id */
export type PublishToTopic = (topicArn: string, message: TopicMessage) => Promise<string>
