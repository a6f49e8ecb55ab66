import type { TopicMessage } from './topic-message.ts'

/** Bytes of a message with its attributes, and of all messages that are published together. */
export const LARGEST_MESSAGE = 256 * 1024

const encoder = new TextEncoder()

const bytesOf = (text: string): number => encoder.encode(text).length

/** What counts of a message: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
export const messageBytes = ({ message, attributes = {} }: TopicMessage): number =>
  Object.entries(attributes).reduce(
    (sum, [name, { type, value }]) => sum + bytesOf(name) + bytesOf(type) + bytesOf(value),
    bytesOf(message),
  )
