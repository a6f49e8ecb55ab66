import type { BatchResultErrorEntry, PublishBatchRequestEntry } from '@aws-sdk/client-sns'
import { Refusal } from '../../../../lib/refusal.ts'
import { LARGEST_MESSAGE } from '../../../../messaging/topics/message-size.ts'
import { publishAll } from '../../../../messaging/topics/publish-to-topic.ts'
import type { TopicMessage } from '../../../../messaging/topics/topic-message.ts'
import type { Platform } from '../../../../platform.ts'
import type { Call } from '../../../wire/service.ts'
import { checkedMessage } from '../check-message.ts'
import { placeOf, type SnsHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { invalidParameter } from '../refusals.ts'

export const publishOperations = {
  async Publish({ TopicArn, TargetArn, PhoneNumber, ...given }, call) {
    if (PhoneNumber !== undefined) {
      throw invalidParameter('PhoneNumber Reason: Weir sends no text messages')
    }
    const arn = TopicArn ?? TargetArn
    if (arn === undefined)
      throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter')
    const place = placeOf(arn, TopicArn === undefined ? 'TargetArn' : 'TopicArn')
    const { message } = checkedMessage(given)
    const [MessageId] = await publishAll(call.platform.env, place, [traced(message, call)], optionsOf(call))
    return { MessageId }
  },

  async PublishBatch({ TopicArn, PublishBatchRequestEntries: entries }, call) {
    const place = placeOf(TopicArn)
    checkBatch(entries)
    const taken: { readonly Id: string; readonly message: TopicMessage }[] = []
    const Failed: BatchResultErrorEntry[] = []
    let bytes = 0
    for (const { Id, ...given } of entries) {
      try {
        const checked = checkedMessage(given)
        bytes += checked.bytes
        taken.push({ Id: Id!, message: traced(checked.message, call) })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        Failed.push({ Id, Code: CODES[error.code] ?? error.code, Message: error.message, SenderFault: true })
      }
    }
    if (bytes > LARGEST_MESSAGE) {
      throw new Refusal(
        'BatchRequestTooLongException',
        'The length of all the messages put together is more than the limit.',
      )
    }
    const messages = taken.map(({ message }) => message)
    const ids = await publishAll(call.platform.env, place, messages, optionsOf(call))
    return { Successful: taken.map(({ Id }, index) => ({ Id, MessageId: ids[index] })), Failed }
  },
} satisfies SnsHandlers

/** What the query protocol calls them. */
const CODES: Readonly<Record<string, string>> = {
  InvalidParameterException: 'InvalidParameter',
  InvalidParameterValueException: 'ParameterValueInvalid',
}

const traced = (message: TopicMessage, { traceId }: Call<Platform>): TopicMessage =>
  traceId === undefined ? message : { ...message, traceId }

const optionsOf = ({ platform }: Call<Platform>) => ({
  now: platform.clock(),
  newId: () => crypto.randomUUID(),
})

function checkBatch(entries: readonly PublishBatchRequestEntry[]): void {
  if (entries.length === 0) {
    throw new Refusal('EmptyBatchRequestException', "The batch request doesn't contain any entries.")
  }
  if (entries.length > LIMITS.batch) {
    throw new Refusal(
      'TooManyEntriesInBatchRequestException',
      'The batch request contains more entries than permissible.',
    )
  }
  if (entries.some(({ Id }) => !/^[A-Za-z0-9_-]{1,80}$/.test(Id ?? ''))) {
    throw new Refusal(
      'InvalidBatchEntryIdException',
      "The Id of a batch entry in a batch request doesn't abide by the specification.",
    )
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new Refusal(
      'BatchEntryIdsNotDistinctException',
      'Two or more batch entries in the request have the same Id.',
    )
  }
}
