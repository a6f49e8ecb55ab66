import { createVerify, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { textToSign } from '../../../src/messaging/topics/notification.ts'
import { selfSignedCertificate } from '../../../src/messaging/topics/signature/certificate.ts'

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const

describe('a certificate', () => {
  it('is one to whoever reads them, and has the key that signs', async () => {
    const pair = (await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])) as CryptoKeyPair
    const serial = Uint8Array.from({ length: 16 }, (_, index) => 0xf0 + index)
    const pem = await selfSignedCertificate(pair, {
      name: 'Weir notifications',
      serial,
      from: Date.UTC(2026, 0, 1),
      to: Date.UTC(2028, 0, 1),
    })
    const certificate = new X509Certificate(pem)
    expect(certificate.subject).toBe('CN=Weir notifications')
    expect(certificate.issuer).toBe('CN=Weir notifications')
    expect(certificate.serialNumber).toBe('F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF')
    expect(certificate.validFromDate).toEqual(new Date(Date.UTC(2026, 0, 1)))
    expect(certificate.validToDate).toEqual(new Date(Date.UTC(2028, 0, 1)))
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    const signed = await crypto.subtle.sign(RSA.name, pair.privateKey, new TextEncoder().encode('told'))
    const verified = createVerify('sha256').update('told').verify(certificate.publicKey, Buffer.from(signed))
    expect(verified).toBe(true)
  })
})

describe('what is signed', () => {
  const said = { MessageId: 'id', TopicArn: 'arn', Message: 'text', Timestamp: 'then' }

  it('is each name and value of a notification on a line of its own, in the order of names', () => {
    const lines =
      'Message\ntext\nMessageId\nid\nSubject\nhello\nTimestamp\nthen\nTopicArn\narn\nType\nNotification\n'
    expect(textToSign({ ...said, Type: 'Notification', Subject: 'hello' })).toBe(lines)
    expect(textToSign({ ...said, Type: 'Notification' })).toBe(lines.replace('Subject\nhello\n', ''))
  })

  it('is the link and the token of a confirmation, too', () => {
    expect(
      textToSign({ ...said, Type: 'SubscriptionConfirmation', SubscribeURL: 'url', Token: 'secret' }),
    ).toBe(
      'Message\ntext\nMessageId\nid\nSubscribeURL\nurl\nTimestamp\nthen\nToken\nsecret\nTopicArn\narn\nType\nSubscriptionConfirmation\n',
    )
  })
})
