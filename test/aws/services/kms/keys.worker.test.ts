import { beforeEach, describe, expect, it } from 'vitest'
import { tendDueKeys } from '../../../../src/encryption/kms/rotate-key.ts'
import { newAccount } from '../root-callers.ts'
import { bytes, failure, type KmsHarness, kmsHarness, REGION } from './kms-harness.ts'

const DAY_MS = 24 * 60 * 60_000

let weir: KmsHarness
let KeyId: string
let arn: string

beforeEach(async () => {
  weir = await kmsHarness()
  KeyId = (await weir.client.createKey({ Description: 'for tests' })).KeyMetadata!.KeyId!
  arn = weir.arn(KeyId)
})

const textOf = (plain: Uint8Array | undefined) => new TextDecoder().decode(plain)

describe('a key', () => {
  it('is described as AWS describes a symmetric one', async () => {
    const { KeyMetadata } = await weir.client.describeKey({ KeyId })
    expect(KeyMetadata).toMatchObject({
      AWSAccountId: weir.account,
      Arn: arn,
      Description: 'for tests',
      Enabled: true,
      KeyState: 'Enabled',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyManager: 'CUSTOMER',
      Origin: 'AWS_KMS',
      MultiRegion: false,
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    })
    expect((await weir.client.listKeys({})).Keys).toEqual([{ KeyId, KeyArn: arn }])
  })

  it('decrypts what it encrypted, named by id, ARN or alias, and tells which key it was', async () => {
    const AliasName = 'alias/orders'
    await weir.client.createAlias({ AliasName, TargetKeyId: KeyId })
    for (const name of [KeyId, arn, AliasName, arn.replace(`key/${KeyId}`, AliasName)]) {
      const { CiphertextBlob } = await weir.client.encrypt({ KeyId: name, Plaintext: bytes('a secret') })
      expect(textOf(CiphertextBlob)).not.toContain('a secret')
      const opened = await weir.client.decrypt({ CiphertextBlob })
      expect([textOf(opened.Plaintext), opened.KeyId]).toEqual(['a secret', arn])
      expect((await weir.client.decrypt({ CiphertextBlob, KeyId: name })).KeyId).toBe(arn)
    }
  })

  it('binds what it encrypts to the encryption context, in whatever order it is given', async () => {
    const { CiphertextBlob } = await weir.client.encrypt({
      KeyId,
      Plaintext: bytes('bound'),
      EncryptionContext: { order: '7', shop: 'north' },
    })
    const EncryptionContext = { shop: 'north', order: '7' }
    expect(textOf((await weir.client.decrypt({ CiphertextBlob, EncryptionContext })).Plaintext)).toBe('bound')
    for (const other of [undefined, { order: '7' }, { order: '8', shop: 'north' }] as Record<
      string,
      string
    >[]) {
      const call = weir.client.decrypt({ CiphertextBlob, EncryptionContext: other })
      expect(await failure(call)).toMatch(/^InvalidCiphertextException/)
    }
  })

  it('refuses a blob in which any one byte was changed', async () => {
    const { CiphertextBlob } = await weir.client.encrypt({ KeyId, Plaintext: bytes('whole') })
    for (let at = 0; at < CiphertextBlob!.length; at += 7) {
      const altered = CiphertextBlob!.slice()
      altered[at]! ^= 1
      expect(await failure(weir.client.decrypt({ CiphertextBlob: altered }))).toMatch(
        /^(InvalidCiphertext|AccessDenied)Exception/,
      )
    }
    expect(await failure(weir.client.decrypt({ CiphertextBlob: bytes('nothing') }))).toMatch(
      /^InvalidCiphertextException/,
    )
  })

  it('gives data keys of the wanted length, with and without their bytes', async () => {
    for (const [given, length] of [
      [{ KeySpec: 'AES_256' }, 32],
      [{ KeySpec: 'AES_128' }, 16],
      [{ NumberOfBytes: 64 }, 64],
    ] as const) {
      const { Plaintext, CiphertextBlob } = await weir.client.generateDataKey({ KeyId, ...given })
      expect(Plaintext).toHaveLength(length)
      expect((await weir.client.decrypt({ CiphertextBlob })).Plaintext).toEqual(Plaintext)
      const hidden = await weir.client.generateDataKeyWithoutPlaintext({ KeyId, ...given })
      expect(hidden).not.toHaveProperty('Plaintext')
      expect((await weir.client.decrypt(hidden as never)).Plaintext).toHaveLength(length)
    }
    const sentence = 'ValidationException: Please specify either number of bytes or key spec.'
    expect(await failure(weir.client.generateDataKey({ KeyId }))).toBe(sentence)
    const both = weir.client.generateDataKey({ KeyId, KeySpec: 'AES_256', NumberOfBytes: 32 })
    expect(await failure(both)).toBe(sentence)
    expect((await weir.client.generateRandom({ NumberOfBytes: 24 })).Plaintext).toHaveLength(24)
  })

  it('takes 4,096 bytes and no more', async () => {
    const Plaintext = crypto.getRandomValues(new Uint8Array(4096))
    const { CiphertextBlob } = await weir.client.encrypt({ KeyId, Plaintext })
    expect((await weir.client.decrypt({ CiphertextBlob })).Plaintext).toEqual(Plaintext)
    const more = weir.client.encrypt({ KeyId, Plaintext: new Uint8Array(4097) })
    expect(await failure(more)).toMatch(/^ValidationException/)
  })

  it('hands over to another key what it encrypted', async () => {
    const other = (await weir.client.createKey({})).KeyMetadata!
    const { CiphertextBlob } = await weir.client.encrypt({
      KeyId,
      Plaintext: bytes('moves'),
      EncryptionContext: { at: 'first' },
    })
    const moved = await weir.client.reEncrypt({
      CiphertextBlob,
      SourceEncryptionContext: { at: 'first' },
      DestinationKeyId: other.KeyId,
    })
    expect([moved.SourceKeyId, moved.KeyId]).toEqual([arn, other.Arn])
    const opened = await weir.client.decrypt({ CiphertextBlob: moved.CiphertextBlob })
    expect([textOf(opened.Plaintext), opened.KeyId]).toEqual(['moves', other.Arn])
    expect(await failure(weir.client.decrypt({ CiphertextBlob: moved.CiphertextBlob, KeyId }))).toBe(
      'IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation.',
    )
  })

  it('does nothing while it is disabled, and after that what it did before', async () => {
    const { CiphertextBlob } = await weir.client.encrypt({ KeyId, Plaintext: bytes('waits') })
    await weir.client.disableKey({ KeyId })
    expect((await weir.client.describeKey({ KeyId })).KeyMetadata).toMatchObject({
      Enabled: false,
      KeyState: 'Disabled',
    })
    const sentence = `DisabledException: ${arn} is disabled.`
    expect(await failure(weir.client.encrypt({ KeyId, Plaintext: bytes('x') }))).toBe(sentence)
    expect(await failure(weir.client.decrypt({ CiphertextBlob }))).toBe(sentence)
    await weir.client.enableKey({ KeyId })
    expect(textOf((await weir.client.decrypt({ CiphertextBlob })).Plaintext)).toBe('waits')
  })

  it('waits for its deletion, can be kept until then, and is gone after it, with its aliases', async () => {
    await weir.client.createAlias({ AliasName: 'alias/gone', TargetKeyId: KeyId })
    const { CiphertextBlob } = await weir.client.encrypt({ KeyId, Plaintext: bytes('lost') })
    expect(await failure(weir.client.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 6 }))).toBe(
      "ValidationException: 1 validation error detected: Value '6' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater than or equal to 7",
    )
    const scheduled = await weir.client.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    expect(scheduled).toMatchObject({ KeyId: arn, KeyState: 'PendingDeletion', PendingWindowInDays: 7 })
    const pending = `KMSInvalidStateException: ${arn} is pending deletion.`
    expect(await failure(weir.client.decrypt({ CiphertextBlob }))).toBe(pending)
    expect(await failure(weir.client.enableKey({ KeyId }))).toBe(pending)
    expect(await weir.client.cancelKeyDeletion({ KeyId })).toMatchObject({ KeyId: arn })
    await weir.client.enableKey({ KeyId })
    expect(textOf((await weir.client.decrypt({ CiphertextBlob })).Plaintext)).toBe('lost')

    await weir.client.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    weir.now += 7 * DAY_MS
    const gone = `NotFoundException: Key '${arn}' does not exist`
    expect(await failure(weir.client.describeKey({ KeyId }))).toBe(gone)
    expect(await failure(weir.client.decrypt({ CiphertextBlob }))).toMatch(/^AccessDeniedException/)
    expect((await weir.client.listKeys({})).Keys).toEqual([])
    await tendDueKeys(weir.env, weir.now)
    const left = await weir.env.DB.prepare('SELECT kind FROM resources WHERE account = ?')
      .bind(weir.account)
      .all()
    expect(left.results).toEqual([{ kind: 'weir.account-keys' }])
    expect(await failure(weir.client.describeKey({ KeyId }))).toBe(gone)
  })

  it('is rotated on demand and by the schedule, and decrypts what its earlier material encrypted', async () => {
    const first = await weir.client.encrypt({ KeyId, Plaintext: bytes('one') })
    const [before] = await materials()
    expect(await weir.client.rotateKeyOnDemand({ KeyId })).toMatchObject({ KeyId: arn })
    const second = await weir.client.encrypt({ KeyId, Plaintext: bytes('two') })
    await weir.client.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 })
    expect(await weir.client.getKeyRotationStatus({ KeyId })).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
      NextRotationDate: new Date(weir.now + 90 * DAY_MS),
    })
    await tendDueKeys(weir.env, weir.now + 89 * DAY_MS)
    expect(await materials()).toHaveLength(2)
    weir.now += 90 * DAY_MS
    await tendDueKeys(weir.env, weir.now)
    expect(await materials()).toHaveLength(3)
    const third = await weir.client.encrypt({ KeyId, Plaintext: bytes('three') })
    const opened = []
    for (const { CiphertextBlob } of [first, second, third]) {
      const { Plaintext, KeyMaterialId } = await weir.client.decrypt({ CiphertextBlob })
      opened.push([textOf(Plaintext), KeyMaterialId === before])
    }
    expect(opened).toEqual([
      ['one', true],
      ['two', false],
      ['three', false],
    ])
    const { Rotations } = await weir.client.listKeyRotations({ KeyId })
    expect(Rotations!.map(({ RotationType }) => RotationType)).toEqual(['ON_DEMAND', 'AUTOMATIC'])
    await weir.client.disableKeyRotation({ KeyId })
    expect((await weir.client.getKeyRotationStatus({ KeyId })).KeyRotationEnabled).toBe(false)

    async function materials(): Promise<string[]> {
      const row = await weir.env.DB.prepare("SELECT doc FROM resources WHERE kind = 'kms.key' AND id = ?")
        .bind(KeyId)
        .first<{ doc: string }>()
      return Object.keys(JSON.parse(row!.doc).material)
    }
  })

  it('is of no other kind than symmetric, and says so', async () => {
    expect(await failure(weir.client.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }))).toBe(
      'UnsupportedOperationException: KeySpec RSA_2048 is not supported: keys are symmetric (SYMMETRIC_DEFAULT)',
    )
    for (const given of [{ Origin: 'EXTERNAL' }, { MultiRegion: true }] as const) {
      expect(await failure(weir.client.createKey(given))).toMatch(/^UnsupportedOperationException/)
    }
  })

  it('that is not there is said not to be', async () => {
    const absent = '00000000-0000-4000-8000-000000000000'
    for (const call of [
      () => weir.client.describeKey({ KeyId: absent }),
      () => weir.client.encrypt({ KeyId: absent, Plaintext: bytes('x') }),
      () => weir.client.disableKey({ KeyId: weir.arn(absent) }),
    ]) {
      expect(await failure(call())).toBe(`NotFoundException: Key '${weir.arn(absent)}' does not exist`)
    }
    expect(await failure(weir.client.describeKey({ KeyId: 'alias/absent' }))).toBe(
      `NotFoundException: Alias arn:aws:kms:${REGION}:${weir.account}:alias/absent is not found.`,
    )
    expect(await failure(weir.client.describeKey({ KeyId: 'absent' }))).toBe(
      "NotFoundException: Invalid keyId 'absent'",
    )
  })

  it('has tags and a description that change', async () => {
    await weir.client.tagResource({
      KeyId,
      Tags: [
        { TagKey: 'team', TagValue: 'blue' },
        { TagKey: 'tier', TagValue: '1' },
      ],
    })
    await weir.client.untagResource({ KeyId, TagKeys: ['tier'] })
    expect((await weir.client.listResourceTags({ KeyId })).Tags).toEqual([
      { TagKey: 'team', TagValue: 'blue' },
    ])
    const reserved = weir.client.tagResource({ KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] })
    expect(await failure(reserved)).toMatch(/^TagException/)
    await weir.client.updateKeyDescription({ KeyId, Description: 'others' })
    expect((await weir.client.describeKey({ KeyId })).KeyMetadata!.Description).toBe('others')
  })
})

describe('an alias', () => {
  it('leads to one key, then to another, then nowhere', async () => {
    const other = (await weir.client.createKey({})).KeyMetadata!.KeyId!
    const AliasName = 'alias/current'
    await weir.client.createAlias({ AliasName, TargetKeyId: KeyId })
    expect(await failure(weir.client.createAlias({ AliasName, TargetKeyId: other }))).toBe(
      `AlreadyExistsException: An alias with the name arn:aws:kms:${REGION}:${weir.account}:${AliasName} already exists`,
    )
    await weir.client.updateAlias({ AliasName, TargetKeyId: other })
    expect((await weir.client.describeKey({ KeyId: AliasName })).KeyMetadata!.KeyId).toBe(other)
    expect((await weir.client.listAliases({ KeyId: other })).Aliases).toMatchObject([
      { AliasName, TargetKeyId: other },
    ])
    await weir.client.deleteAlias({ AliasName })
    expect(await failure(weir.client.describeKey({ KeyId: AliasName }))).toMatch(/^NotFoundException/)
  })

  it.each([
    ['orders', 'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/'],
    ['alias/a:b', 'alias/a:b contains invalid characters for an alias'],
    ['alias/', 'Invalid identifier'],
  ])('is not called %s', async (AliasName, message) => {
    expect(await failure(weir.client.createAlias({ AliasName, TargetKeyId: KeyId }))).toContain(
      `ValidationException: ${message}`,
    )
  })

  it('of Lambda is there by itself, and its key once it is asked for, the same for all who ask at once', async () => {
    const AliasName = 'alias/aws/lambda'
    expect((await weir.client.listAliases({})).Aliases).toEqual([
      { AliasName, AliasArn: `arn:aws:kms:${REGION}:${weir.account}:${AliasName}` },
    ])
    const found = await Promise.all(
      Array.from({ length: 5 }, () => weir.client.describeKey({ KeyId: AliasName })),
    )
    expect(new Set(found.map(({ KeyMetadata }) => KeyMetadata!.KeyId)).size).toBe(1)
    expect(found[0]!.KeyMetadata!.KeyManager).toBe('AWS')
    const { KeyId } = found[0]!.KeyMetadata!
    expect(await failure(weir.client.disableKey({ KeyId }))).toMatch(/^AccessDeniedException/)
    const own = weir.client.createAlias({ AliasName: 'alias/aws/mine', TargetKeyId: KeyId })
    expect(await failure(own)).toMatch(/^NotAuthorizedException/)
  })
})

describe('a key’s policy', () => {
  const statement = (more: object) => ({ Effect: 'Allow', Action: 'kms:*', Resource: '*', ...more })
  const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
  const root = (account: string) => ({ AWS: `arn:aws:iam::${account}:root` })

  it('leaves it to the account’s own policies who uses a key, unless it was changed', async () => {
    const user = weir.userOf(weir.account, 'may', ['kms:Encrypt'])
    const { CiphertextBlob } = await user.encrypt({ KeyId, Plaintext: bytes('x') })
    expect(await failure(user.decrypt({ CiphertextBlob }))).toBe(
      `AccessDeniedException: User: arn:aws:iam::${weir.account}:user/may is not authorized to perform: kms:Decrypt on resource: ${arn} because no identity-based policy allows the kms:Decrypt action`,
    )
  })

  it('is not asked who makes keys: that, and tags of them, the account’s own policies have to allow', async () => {
    const Tags = [{ TagKey: 'owner', TagValue: 'me' }]
    const maker = weir.userOf(weir.account, 'maker', ['kms:CreateKey'])
    await maker.createKey({})
    expect(await failure(maker.createKey({ Tags }))).toMatch(
      /^AccessDeniedException: .*no identity-based policy allows the kms:TagResource action/,
    )
    await weir.userOf(weir.account, 'tagger', ['kms:CreateKey', 'kms:TagResource']).createKey({ Tags })
  })

  it('has to let in even those whom the account’s policies allow everything', async () => {
    const user = weir.userOf(weir.account, 'all', ['*'])
    const own = `arn:aws:iam::${weir.account}:user/admin`
    await weir.client.putKeyPolicy({
      KeyId,
      Policy: policy(statement({ Principal: { AWS: own } })),
      BypassPolicyLockoutSafetyCheck: true,
    })
    expect(await failure(user.encrypt({ KeyId, Plaintext: bytes('x') }))).toMatch(
      /^AccessDeniedException: .*no resource-based policy allows the kms:Encrypt action/,
    )
    // Whom it names needs no other policy.
    const admin = weir.userOf(weir.account, 'admin', [])
    expect((await admin.encrypt({ KeyId, Plaintext: bytes('x') })).KeyId).toBe(arn)
    // Nobody keeps an account's root from its own.
    expect((await weir.client.getKeyPolicy({ KeyId })).Policy).toContain(own)
  })

  it('that would never let itself be changed is refused', async () => {
    const Policy = policy(statement({ Principal: { AWS: `arn:aws:iam::${weir.account}:user/admin` } }))
    expect(await failure(weir.client.putKeyPolicy({ KeyId, Policy }))).toBe(
      'MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.',
    )
    expect(await failure(weir.client.putKeyPolicy({ KeyId, Policy: '{' }))).toMatch(
      /^MalformedPolicyDocumentException/,
    )
  })

  it('alone lets another account in, for what it says', async () => {
    const account = newAccount()
    const stranger = weir.clientOf(account)
    const { CiphertextBlob } = await weir.client.encrypt({ KeyId, Plaintext: bytes('shared') })
    const refused = /^AccessDeniedException/
    expect(await failure(stranger.decrypt({ CiphertextBlob }))).toMatch(refused)
    expect(await failure(stranger.describeKey({ KeyId: arn }))).toMatch(refused)
    expect(await failure(stranger.describeKey({ KeyId }))).toMatch(/^NotFoundException/)
    await weir.client.putKeyPolicy({
      KeyId,
      Policy: policy(
        statement({ Principal: root(weir.account) }),
        statement({ Principal: root(account), Action: ['kms:Decrypt', 'kms:DisableKey'] }),
      ),
    })
    expect(textOf((await stranger.decrypt({ CiphertextBlob })).Plaintext)).toBe('shared')
    expect(await failure(stranger.encrypt({ KeyId: arn, Plaintext: bytes('x') }))).toMatch(refused)
    // Only the account itself changes its keys.
    expect(await failure(stranger.disableKey({ KeyId: arn }))).toMatch(refused)
    // Both sides have a say.
    const user = weir.userOf(account, 'nobody', [])
    expect(await failure(user.decrypt({ CiphertextBlob }))).toMatch(refused)
    const allowed = weir.userOf(account, 'somebody', ['kms:Decrypt'])
    expect(textOf((await allowed.decrypt({ CiphertextBlob })).Plaintext)).toBe('shared')
  })
})
