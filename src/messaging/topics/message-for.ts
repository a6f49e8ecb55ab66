import { parseJsonObject } from '../../lib/json-object.ts'
import type { DeliveryProtocol } from './published-topic.ts'
import type { TopicMessage } from './topic-message.ts'

/**
 * What subscribers of a protocol are told: the message, or that of its texts which is theirs.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
 */
export function messageFor({ message, structure }: TopicMessage, protocol: DeliveryProtocol): string {
  if (structure !== 'json') return message
  const texts = parseJsonObject(message) ?? {}
  const own = Object.hasOwn(texts, protocol) ? texts[protocol] : undefined
  return typeof own === 'string' ? own : String(texts.default)
}
