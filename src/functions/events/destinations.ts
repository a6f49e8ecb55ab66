import type { Account } from '../../lib/account.ts'
import { functionOfArn, partsOfArn } from '../../lib/arn.ts'
import type { FunctionPointer } from '../manifest.ts'
import { acceptEvent, type EventIntake } from './accept-event.ts'
import type { MessageAttribute } from './invocation-record.ts'

/** Services that Lambda sends records of asynchronous calls to, as ARNs name them. */
type DestinationService = 'lambda' | 'sqs' | 'sns' | 'events'

/** What Lambda lets a service be told. */
interface DestinationRules {
  readonly what: string
  /** That the execution role needs. */
  readonly action: string
  /** Whether it takes dead letters, and batches of streams that were given up. */
  readonly deadLetters: boolean
}

const DESTINATION_SERVICES: Readonly<Record<DestinationService, DestinationRules>> = {
  lambda: { what: 'functions', action: 'lambda:InvokeFunction', deadLetters: false },
  sqs: { what: 'SQS queues', action: 'sqs:SendMessage', deadLetters: true },
  sns: { what: 'SNS topics', action: 'sns:Publish', deadLetters: true },
  events: { what: 'EventBridge event buses', action: 'events:PutEvents', deadLetters: false },
}

/** Something for a destination. */
export interface Delivery {
  readonly arn: string
  /** Of the function whose event it is about. */
  readonly account: Account
  /** JSON text. */
  readonly body: string
  readonly attributes?: Readonly<Record<string, MessageAttribute>>
  /** Trace header of the call it is about, that call counted. */
  readonly traceId: string
}

/** What senders send with. */
export interface DeliveryPorts extends EventIntake {
  readonly newId: () => string
  /**
   * What there is to know of a function; undefined when there is no such function.
   *
   * @param uid of the function that is meant: what is known of it may be two seconds old. Without it, as of now.
   */
  readonly pointer: (account: Account, name: string, uid?: string) => Promise<FunctionPointer | undefined>
  /** Hands a text to a topic. @returns why the topic does not take it, now or ever; undefined once it has it */
  readonly publish: (delivery: Delivery) => Promise<string | undefined>
}

/**
 * Hands something to a destination, at least once: when it throws, the event is tried again.
 *
 * @returns why the destination cannot be delivered to, now or ever; undefined once it has what was sent
 */
export type DestinationSender = (delivery: Delivery, ports: DeliveryPorts) => Promise<string | undefined>

/** By service: a service without a sender is one that this Weir does not have, and cannot be configured. */
export type DestinationSenders = Readonly<Partial<Record<DestinationService, DestinationSender>>>

export const DESTINATION_SENDERS: DestinationSenders = {
  lambda: sendToFunction,
  sns: (delivery, ports) => ports.publish(delivery),
}

/** What the service of an ARN is as a destination; undefined for one that Lambda tells nothing. */
export function destinationOf(
  arn: string,
): (DestinationRules & { readonly service: DestinationService }) | undefined {
  const service = partsOfArn(arn).service as DestinationService
  return Object.hasOwn(DESTINATION_SERVICES, service)
    ? { service, ...DESTINATION_SERVICES[service] }
    : undefined
}

/** Another function gets the record as its event. */
async function sendToFunction(
  { arn, body, traceId }: Delivery,
  ports: DeliveryPorts,
): Promise<string | undefined> {
  const target = functionOfArn(arn)
  const pointer = target && (await ports.pointer(target.account, target.name))
  if (!target || !pointer) return 'there is no such function'
  const event = { ...target, uid: pointer.uid, requestId: ports.newId(), traceId }
  await acceptEvent(ports, event, new TextEncoder().encode(body))
  return undefined
}
