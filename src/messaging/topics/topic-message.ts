import type { ServicePrincipal } from '../../functions/invocation.ts'

/** Something for the subscribers of a topic. */
export interface TopicMessage {
  readonly subject?: string
  /** Text; with `structure` JSON, an object with a text for each protocol and `default`. */
  readonly message: string
  readonly structure?: 'json'
  readonly attributes?: Readonly<Record<string, TopicAttribute>>
  /** `X-Amzn-Trace-Id` of what led to it: functions that call each other in a circle through topics are told by it. */
  readonly traceId?: string
}

export interface TopicAttribute {
  /** `String`, `String.Array`, `Number`, `Binary`, or one of these with `.` and a name of the sender's own. */
  readonly type: string
  /** Text; base64 of `Binary`. */
  readonly value: string
}

/**
 * Hands a message to a topic; once this returns, its subscribers will be told. Throws a Refusal (`NotFoundException`,
 * `AuthorizationErrorException`, `ThrottledException`) when it is not taken.
 *
 * @param by a service that publishes on somebody's behalf: the topic's policy must let it in. Absent: whoever
 *   publishes was authorised already.
 * @returns the message's id
 */
export type PublishToTopic = (
  topicArn: string,
  message: TopicMessage,
  by?: ServicePrincipal,
) => Promise<string>
