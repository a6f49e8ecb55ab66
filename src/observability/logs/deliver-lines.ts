import { gzipSync } from 'node:zlib'
import { acceptCall, type CallIntake, type ServiceCall } from '../../functions/events/accept-call.ts'
import type { Refused, ServicePrincipal } from '../../functions/invocation.ts'
import type { Account } from '../../lib/account.ts'
import { functionOfArn } from '../../lib/arn.ts'
import { toBase64 } from '../../lib/base64.ts'
import { hex, sha256 } from '../../lib/hash.ts'
import { eventBytes, eventIdOf, type GroupEvent } from './kept-event.ts'
import { logGroupArn, type SubscriptionFilter } from './log-groups.ts'

/** Base64 characters of what one call is told, where it is told of more than one event. */
const LARGEST_DATA = 200 * 1024

/** Bytes of events that are put together at first. */
const BATCH_BYTES = 512 * 1024

/** What is delivered, and whose it is. */
export interface Delivery {
  readonly account: Account
  readonly group: string
  readonly filter: SubscriptionFilter
  /** In the order in which they came, all of one stream or not. */
  readonly events: readonly GroupEvent[]
}

/**
 * Tells a function of events. Undefined once it will be called at least once for each; the same events said again are
 * the same calls.
 */
export async function deliverLines(intake: CallIntake, delivery: Delivery): Promise<Refused | undefined> {
  for (const [stream, events] of Map.groupBy(delivery.events, ({ stream }) => stream)) {
    for (const batch of batchesOf(events)) {
      const refused = await deliverBatch(intake, delivery, stream, batch)
      if (refused) return refused
    }
  }
  return undefined
}

function* batchesOf(events: readonly GroupEvent[]): Generator<readonly GroupEvent[]> {
  let from = 0
  let bytes = 0
  for (const [at, event] of events.entries()) {
    const size = eventBytes(event)
    if (at > from && bytes + size > BATCH_BYTES) {
      yield events.slice(from, at)
      from = at
      bytes = 0
    }
    bytes += size
  }
  if (from < events.length) yield events.slice(from)
}

async function deliverBatch(
  intake: CallIntake,
  delivery: Delivery,
  stream: string,
  events: readonly GroupEvent[],
): Promise<Refused | undefined> {
  const data = awslogsData(delivery, stream, events)
  if (data.length > LARGEST_DATA && events.length > 1) {
    const half = Math.ceil(events.length / 2)
    return (
      (await deliverBatch(intake, delivery, stream, events.slice(0, half))) ??
      deliverBatch(intake, delivery, stream, events.slice(half))
    )
  }
  const { account, group, filter } = delivery
  const call = subscriptionCall(account, group, filter.destinationArn)
  if (!call) return undefined
  const payload = JSON.stringify({ awslogs: { data } })
  const requestId = await idOf([filter.name, filter.created, ...events.map(eventIdOf)].join(' '))
  return asLogs({ ...call, payload, requestId }, invocation => acceptCall(intake, invocation))
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample */
function awslogsData(
  { account, group, filter }: Delivery,
  logStream: string,
  events: readonly GroupEvent[],
): string {
  const text = JSON.stringify({
    messageType: 'DATA_MESSAGE',
    owner: account.id,
    logGroup: group,
    logStream,
    subscriptionFilters: [filter.name],
    logEvents: events.map(event => ({
      id: eventIdOf(event),
      timestamp: event.timestamp,
      message: event.message,
    })),
  })
  return toBase64(gzipSync(text))
}

/** The call of a function as a subscription makes it, without what it is told; undefined when the ARN is no function's. */
export function subscriptionCall(
  account: Account,
  group: string,
  destinationArn: string,
): SubscriptionCall | undefined {
  const named = functionOfArn(destinationArn)
  if (!named) return undefined
  const principal = {
    service: 'logs.amazonaws.com',
    sourceArn: `${logGroupArn(account, group)}:*`,
    sourceAccount: account.id,
  }
  return { ...named, principal }
}

export type SubscriptionCall = ServiceCall & { readonly principal: ServicePrincipal }

/**
 * Asks under the service's name, and under its regional one, by which policies have let it in for years.
 *
 * @param ask answers why the call is refused
 */
export async function asLogs<C extends SubscriptionCall>(
  call: C,
  ask: (call: C) => Promise<Refused | undefined>,
): Promise<Refused | undefined> {
  const refused = await ask(call)
  if (refused?.reason !== 'not-permitted') return refused
  const service = `logs.${call.account.region}.amazonaws.com`
  return ask({ ...call, principal: { ...call.principal, service } })
}

/** A request id that is always the same for the same text. */
async function idOf(text: string): Promise<string> {
  const digits = hex((await sha256(text)).slice(0, 16))
  return [8, 12, 16, 20].reduceRight((id, at) => `${id.slice(0, at)}-${id.slice(at)}`, digits)
}
