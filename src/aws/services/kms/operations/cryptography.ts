import { type EncryptionContext, readBlob } from '../../../../encryption/kms/ciphertext.ts'
import { type KeyPlace, keyArn } from '../../../../encryption/kms/key-records.ts'
import { type PublishedKmsKey, publishedKey } from '../../../../encryption/kms/published-keys.ts'
import { decryptUnder, encryptUnder } from '../../../../encryption/kms/use-key.ts'
import { randomBytes } from '../../../../lib/random.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { type Context, contextOf, type KmsHandlers, placeOf } from '../context.ts'
import {
  incorrectKey,
  invalid,
  invalidCiphertext,
  invalidState,
  noSuchKey,
  unknownBlobKey,
  unsupported,
} from '../refusals.ts'

const ALGORITHM = 'SYMMETRIC_DEFAULT'

interface Options {
  readonly DryRun?: boolean
  readonly Recipient?: unknown
  readonly EncryptionAlgorithm?: string
}

interface DataKeyRequest extends Options {
  readonly KeyId: string
  readonly KeySpec?: string
  readonly NumberOfBytes?: number
  readonly EncryptionContext?: EncryptionContext
}

export const cryptographicOperations = {
  async Encrypt(input, call) {
    const context = contextOf(call)
    const { place, key } = await usableKey(context, input.KeyId)
    checkOptions(input)
    const { env } = context.platform
    return {
      CiphertextBlob: await encryptUnder(env, place, key, input.Plaintext, input.EncryptionContext),
      KeyId: keyArn(place),
      EncryptionAlgorithm: ALGORITHM,
    }
  },

  async Decrypt(input, call) {
    const { CiphertextBlob, KeyId } = input
    const opened = await open(contextOf(call), CiphertextBlob, KeyId, input.EncryptionContext, input)
    return {
      KeyId: keyArn(opened.place),
      Plaintext: opened.plain,
      EncryptionAlgorithm: ALGORITHM,
      KeyMaterialId: opened.material,
    }
  },

  async ReEncrypt(input, call) {
    const context = contextOf(call)
    const { env } = context.platform
    const source = await open(
      context,
      input.CiphertextBlob,
      input.SourceKeyId,
      input.SourceEncryptionContext,
      {
        EncryptionAlgorithm: input.SourceEncryptionAlgorithm,
      },
    )
    const { place, key } = await usableKey(context, input.DestinationKeyId)
    checkOptions({ DryRun: input.DryRun, EncryptionAlgorithm: input.DestinationEncryptionAlgorithm })
    return {
      CiphertextBlob: await encryptUnder(env, place, key, source.plain, input.DestinationEncryptionContext),
      SourceKeyId: keyArn(source.place),
      KeyId: keyArn(place),
      SourceEncryptionAlgorithm: ALGORITHM,
      DestinationEncryptionAlgorithm: ALGORITHM,
      SourceKeyMaterialId: source.material,
      DestinationKeyMaterialId: key.current,
    }
  },

  async GenerateDataKey(input, call) {
    return newDataKey(contextOf(call), input)
  },

  async GenerateDataKeyWithoutPlaintext(input, call) {
    const { Plaintext: _, ...rest } = await newDataKey(contextOf(call), input)
    return rest
  },

  async GenerateRandom(input) {
    const { NumberOfBytes, CustomKeyStoreId } = input
    if (CustomKeyStoreId !== undefined) throw unsupported('Key stores of your own are not supported')
    if (NumberOfBytes === undefined) throw invalid('NumberOfBytes is required')
    checkOptions({ Recipient: input.Recipient })
    return { Plaintext: randomBytes(NumberOfBytes) }
  },
} satisfies KmsHandlers

async function newDataKey(context: Context, input: DataKeyRequest) {
  const { KeySpec, NumberOfBytes } = input
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw invalid('Please specify either number of bytes or key spec.')
  }
  const { place, key } = await usableKey(context, input.KeyId)
  checkOptions(input)
  const length = NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32)
  const plain = randomBytes(length)
  const { env } = context.platform
  return {
    CiphertextBlob: await encryptUnder(env, place, key, plain, input.EncryptionContext),
    Plaintext: plain,
    KeyId: keyArn(place),
    KeyMaterialId: key.current,
  }
}

async function open(
  context: Context,
  ciphertext: Uint8Array | undefined,
  keyId: string | undefined,
  encryptionContext: EncryptionContext | undefined,
  options: Options,
) {
  if (ciphertext === undefined) throw invalid('CiphertextBlob is required')
  const named = keyId === undefined ? undefined : (await usableKey(context, keyId)).place
  const blob = readBlob(ciphertext)
  if (!blob) throw invalidCiphertext()
  const place = { account: { id: blob.account, region: blob.region }, id: blob.id }
  if (named && keyArn(named) !== keyArn(place)) throw incorrectKey()
  const { platform, now } = context
  const key =
    blob.region === context.account.region ? await publishedKey(platform.env, place, now) : undefined
  if (!key) throw unknownBlobKey()
  checkState(place, key)
  checkOptions(options)
  const plain = await decryptUnder(platform.env, place, key, blob, encryptionContext)
  if (!plain) throw invalidCiphertext()
  return { place, plain, material: blob.material }
}

/** The key that is named, as the data plane knows it. */
async function usableKey(
  context: Context,
  text: string,
): Promise<{ readonly place: KeyPlace; readonly key: PublishedKmsKey }> {
  const place = await placeOf(context, text, 'aliases')
  const key = await publishedKey(context.platform.env, place, context.now)
  if (!key) throw noSuchKey(keyArn(place))
  checkState(place, key)
  return { place, key }
}

function checkState(place: KeyPlace, { state }: PublishedKmsKey): void {
  if (state === 'Disabled') throw new Refusal('DisabledException', `${keyArn(place)} is disabled.`)
  if (state !== 'Enabled') throw invalidState(`${keyArn(place)} is pending deletion.`)
}

function checkOptions({ DryRun, Recipient, EncryptionAlgorithm = ALGORITHM }: Options): void {
  if (Recipient !== undefined) throw unsupported('Nitro enclaves are not supported')
  if (EncryptionAlgorithm !== ALGORITHM) {
    throw new Refusal(
      'InvalidKeyUsageException',
      `${EncryptionAlgorithm} is no algorithm of a symmetric key (${ALGORITHM})`,
    )
  }
  if (DryRun) {
    throw new Refusal(
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    )
  }
}
