import type { Env } from '../../../env.ts'
import { toBase64 } from '../../../lib/base64.ts'
import type { Sending } from '../delivery/deliver.ts'
import { messageFor } from '../message-for.ts'
import { type Notification, type SignedNotification, subscribeUrl, textToSign } from '../notification.ts'
import { topicArn } from '../topic-arn.ts'
import { certificatePath, signingKey } from './signing-key.ts'

/** Signatures by what they are of, for as long as the message is remembered: subscribers of a protocol share one. */
const signatures = new WeakMap<object, Map<string, string>>()

/** What a subscriber is told, signed. */
export async function signNotification(env: Env, sending: Sending): Promise<SignedNotification> {
  const { place, topic, subscription, parcel, message } = sending
  const published = parcel.messages[message]!
  const notification = notificationOf(sending)
  const key = await signingKey(env, published.at)
  const toSign = textToSign(notification)
  let ofMessage = signatures.get(published)
  if (!ofMessage) {
    ofMessage = new Map()
    signatures.set(published, ofMessage)
  }
  const version = topic.signatureVersion
  const signature = ofMessage.get(toSign) ?? (await sign(key.keys[version], toSign))
  ofMessage.set(toSign, signature)
  // Functions ask AWS's own name, as validators want it, and are answered within Weir.
  const origin =
    subscription.protocol === 'lambda'
      ? `https://sns.${place.account.region}.amazonaws.com`
      : subscription.origin
  return {
    ...notification,
    SignatureVersion: version,
    Signature: signature,
    SigningCertURL: `${origin}${certificatePath(key.id)}`,
  }
}

const sign = async (key: CryptoKey, text: string): Promise<string> =>
  toBase64(new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, new TextEncoder().encode(text))))

function notificationOf({ place, subscription, parcel, message }: Sending): Notification {
  const published = parcel.messages[message]!
  const said = {
    MessageId: published.id,
    TopicArn: topicArn(place),
    Timestamp: new Date(published.at).toISOString(),
  }
  const { notice } = parcel
  if (notice) {
    const SubscribeURL = subscribeUrl(subscription, place, notice.token)
    return { ...said, Message: published.message, Type: notice.kind, Token: notice.token, SubscribeURL }
  }
  return {
    ...said,
    Message: messageFor(published, subscription.protocol),
    Type: 'Notification',
    ...(published.subject !== undefined && { Subject: published.subject }),
    attributes: published.attributes,
  }
}
