import { exports as workerExports } from 'cloudflare:workers'
import { type Env, isLocal } from '../../../env.ts'
import { toBase64 } from '../../../lib/base64.ts'
import { isPrivateHost } from '../../../lib/private-host.ts'
import { httpBody } from '../notification.ts'
import { signNotification } from '../signature/sign-notification.ts'
import { subscriptionArn, topicArn } from '../topic-arn.ts'
import type { Outcome, Sending } from './deliver.ts'
import { contentTypeOf } from './delivery-policy.ts'
import { credentialsOf } from './endpoint-credentials.ts'

/** "Amazon SNS ... if it doesn't respond within 15 seconds". */
const TIMEOUT_MS = 15_000

/**
 * Posts a message to an endpoint, once.
 * https://docs.aws.amazon.com/sns/latest/dg/http-header.html
 */
export async function deliverOverHttp(env: Env, sending: Sending): Promise<Outcome> {
  const { subscription } = sending
  const url = URL.parse(subscription.endpoint)
  if (!url) return { kind: 'rejected', why: `${subscription.endpoint} is no URL` }
  const isHere = isOwn(url, subscription.origin)
  if (!isHere && !isLocal(env) && isPrivateHost(url.hostname)) {
    return { kind: 'rejected', why: `${url.hostname} is not a public address` }
  }
  const credentials = credentialsOf(url)
  if (credentials === undefined) return { kind: 'rejected', why: `${subscription.endpoint} is no URL` }
  const request = await requestFor(env, sending, url, credentials)
  try {
    const response = await send(request, isHere)
    // Nobody reads it; the connection is one of few.
    await response.body?.cancel()
    return outcomeOf(response.status)
  } catch (error) {
    return { kind: 'failed', why: String(error) }
  }
}

/** "100-101 and 500-599": tried again; what a client did wrong is not, but for having come too often. */
function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  const why = `it answered with status ${status}`
  return { kind: status >= 500 || status < 200 || status === 429 ? 'failed' : 'rejected', why }
}

async function requestFor(env: Env, sending: Sending, url: URL, credentials: string): Promise<Request> {
  const { place, topic, subscription, parcel } = sending
  const signed = await signNotification(env, sending)
  const isRaw = subscription.isRaw && !parcel.notice
  const headers = new Headers({
    'content-type': parcel.notice ? PLAIN : (contentTypeOf(topic, subscription) ?? PLAIN),
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': signed.Type,
    'x-amz-sns-message-id': signed.MessageId,
    'x-amz-sns-topic-arn': topicArn(place),
  })
  // One that is not confirmed has none yet.
  if (parcel.notice?.kind !== 'SubscriptionConfirmation') {
    headers.set('x-amz-sns-subscription-arn', subscriptionArn(place, subscription.id))
  }
  if (isRaw) headers.set('x-amz-sns-rawdelivery', 'true')
  if (credentials !== ':') {
    headers.set('authorization', `Basic ${toBase64(new TextEncoder().encode(credentials))}`)
    url.username = ''
    url.password = ''
  }
  return new Request(url.href, {
    method: 'POST',
    headers,
    body: isRaw ? signed.Message : JSON.stringify(httpBody(signed, place, subscription), null, 2),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
}

const PLAIN = 'text/plain; charset=UTF-8'

/** Whether a URL leads back to this Weir: a Worker's request for its own address would pass it by. */
const isOwn = ({ host }: URL, origin: string): boolean => {
  const own = new URL(origin).host
  return host === own || host.endsWith(`.${own}`)
}

const send = (request: Request, isHere: boolean): Promise<Response> =>
  isHere ? (workerExports as unknown as { default: Fetcher }).default.fetch(request) : fetch(request)
