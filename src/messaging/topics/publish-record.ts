import type { Delivery, DeliveryPorts } from '../../functions/events/destinations.ts'
import { Refusal } from '../../lib/refusal.ts'
import { LARGEST_MESSAGE, messageBytes } from './message-size.ts'
import type { PublishToTopic, TopicMessage } from './topic-message.ts'

/**
 * Tells a topic what became of an asynchronous call. What a topic has no room for is told nobody, as with Lambda.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export const publishRecord =
  (publish: PublishToTopic): DeliveryPorts['publish'] =>
  async ({ arn, body, attributes, traceId }: Delivery) => {
    const message: TopicMessage = { message: body, attributes, traceId }
    if (messageBytes(message) > LARGEST_MESSAGE) return 'it is larger than a message of a topic may be'
    try {
      await publish(arn, message)
      return undefined
    } catch (error) {
      // One that is busy is tried again, with the event.
      if (error instanceof Refusal && error.code !== 'ThrottledException') return error.message
      throw error
    }
  }
