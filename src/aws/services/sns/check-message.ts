import type { MessageAttributeValue, PublishBatchRequestEntry } from '@aws-sdk/client-sns'
import { toBase64 } from '../../../lib/base64.ts'
import { parseJsonObject } from '../../../lib/json-object.ts'
import { LARGEST_MESSAGE, messageBytes } from '../../../messaging/topics/message-size.ts'
import type { TopicAttribute, TopicMessage } from '../../../messaging/topics/topic-message.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter, invalidValue } from './refusals.ts'

type Given = Omit<PublishBatchRequestEntry, 'Id'>

/** A message that a topic takes, with how large it is. Refuses what SNS refuses. */
export function checkedMessage(given: Given): { readonly message: TopicMessage; readonly bytes: number } {
  const { Message: text = '', Subject: subject, MessageStructure: structure } = given
  if (text === '') throw invalidParameter('Empty message')
  if (subject !== undefined) checkSubject(subject)
  if (structure !== undefined && structure !== 'json') throw invalidParameter('MessageStructure')
  if (structure === 'json') checkStructure(text)
  // "optional and is forwarded only to Amazon SQS standard subscriptions": nobody here is told of it.
  if (given.MessageGroupId !== undefined && !GROUP_ID.test(given.MessageGroupId)) {
    throw invalidParameter(
      'MessageGroupId Reason: It has to be 1 to 128 alphanumeric characters and punctuation',
    )
  }
  if (given.MessageDeduplicationId !== undefined) {
    throw invalidParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    )
  }
  const attributes = Object.entries(given.MessageAttributes ?? {}).map(
    ([name, value]) => [name, checkedAttribute(name, value)] as const,
  )
  const message: TopicMessage = {
    message: text,
    ...(subject !== undefined && { subject }),
    ...(structure === 'json' && { structure }),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
  }
  const bytes = messageBytes(message)
  if (bytes > LARGEST_MESSAGE) throw invalidParameter('Message too long')
  return { message, bytes }
}

/** Letters, digits and punctuation, which is all of ASCII that can be seen. */
const GROUP_ID = /^[!-~]{1,128}$/

/** "must be UTF-8 text with no line breaks or control characters, and less than 100 characters long" */
function checkSubject(subject: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  const isFine = subject.length > 0 && subject.length <= LIMITS.subject && !/[\x00-\x1f\x7f]/.test(subject)
  if (!isFine) throw invalidParameter('Subject')
}

function checkStructure(text: string): void {
  const texts = parseJsonObject(text)
  if (!texts) throw invalidParameter('Message Structure - JSON message body failed to parse')
  if (typeof texts.default !== 'string') {
    throw invalidParameter('Message Structure - No default entry in JSON message body')
  }
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
const NAME = /^(?!\.)(?!.*\.\.)(?!.*\.$)[A-Za-z0-9_.-]{1,256}$/
const RESERVED = /^(?:aws|amazon)\./i
const TYPE = /^(String\.Array|String|Number|Binary)(?:\..+)?$/

function checkedAttribute(name: string, given: MessageAttributeValue): TopicAttribute {
  if (!NAME.test(name) || RESERVED.test(name)) {
    throw invalidValue(
      `The message attribute name '${name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.), and must not begin with a reserved prefix.`,
    )
  }
  const { DataType: type = '', StringValue: text, BinaryValue: bytes } = given
  if (type === '') {
    throw invalidValue(`The message attribute '${name}' must contain non-empty message attribute type.`)
  }
  const [, base] = TYPE.exec(type) ?? []
  if (base === undefined) {
    throw invalidValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    )
  }
  const value = base === 'Binary' ? bytes && toBase64(bytes) : text
  if (!value) {
    throw invalidValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    )
  }
  if (base === 'Number' && !isNumber(value)) {
    throw invalidValue(`Could not cast message attribute '${name}' value to number.`)
  }
  return { type, value }
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))
