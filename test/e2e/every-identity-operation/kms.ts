import { expect } from 'vitest'
import { ACCOUNT, nameOf, type Steps } from './world.ts'

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const EncryptionContext = { order: '7' }

/** Keys, and what they close and open. */
export const kms: Steps = {
  async CreateKey({ kms, made }) {
    const { KeyMetadata } = await kms.createKey({ Description: 'orders' })
    expect(KeyMetadata).toMatchObject({
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyState: 'Enabled',
      AWSAccountId: ACCOUNT,
    })
    made.kmsKey = KeyMetadata!.Arn!
  },
  async DescribeKey({ kms, made }) {
    const { KeyMetadata } = await kms.describeKey({ KeyId: made.kmsKey!.split('/')[1] })
    expect(KeyMetadata).toMatchObject({ Arn: made.kmsKey, Description: 'orders', KeyManager: 'CUSTOMER' })
    const unknown = kms.describeKey({ KeyId: '00000000-0000-4000-8000-000000000000' })
    expect(await nameOf(unknown)).toBe('NotFoundException')
  },
  async Encrypt({ kms, made }) {
    const Plaintext = new TextEncoder().encode('a secret')
    const { CiphertextBlob, KeyId } = await kms.encrypt({ KeyId: made.kmsKey, Plaintext, EncryptionContext })
    expect(KeyId).toBe(made.kmsKey)
    expect(text(CiphertextBlob)).not.toContain('a secret')
    made.ciphertext = base64(CiphertextBlob!)
  },
  async Decrypt({ kms, made }) {
    const CiphertextBlob = Buffer.from(made.ciphertext!, 'base64')
    const { Plaintext, KeyId } = await kms.decrypt({ CiphertextBlob, EncryptionContext })
    expect([text(Plaintext), KeyId]).toEqual(['a secret', made.kmsKey])
    const elsewhere = kms.decrypt({ CiphertextBlob, EncryptionContext: { order: '8' } })
    expect(await nameOf(elsewhere)).toBe('InvalidCiphertextException')
    const { KeyMetadata: other } = await kms.createKey({})
    expect(await nameOf(kms.decrypt({ CiphertextBlob, EncryptionContext, KeyId: other!.KeyId }))).toBe(
      'IncorrectKeyException',
    )
  },
  async GenerateDataKey({ kms, made }) {
    const generated = await kms.generateDataKey({ KeyId: made.kmsKey, KeySpec: 'AES_256' })
    expect(generated.Plaintext).toHaveLength(32)
    const { Plaintext } = await kms.decrypt({ CiphertextBlob: generated.CiphertextBlob })
    expect(base64(Plaintext!)).toBe(base64(generated.Plaintext!))
    const again = await kms.generateDataKey({ KeyId: made.kmsKey, KeySpec: 'AES_256' })
    expect(base64(again.Plaintext!)).not.toBe(base64(generated.Plaintext!))
  },
}
