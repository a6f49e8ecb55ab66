import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { askWeir, type Credentials, newAccount, OWNER } from '../../ask-weir.ts'
import { newAccount as unusedNumber } from '../../aws/services/root-callers.ts'
import { provideDomParser } from '../../dom-parser.ts'
import { clientOptions, env, ORIGIN, send } from '../../whole-weir.ts'

provideDomParser()

const clientOf = <C>(Client: new (options: never) => C, credentials: Credentials, bound = env): C =>
  new Client({ ...clientOptions('us-east-1', bound), credentials } as never)

const failure = (call: Promise<unknown>) =>
  call.then(
    () => 'the call succeeded',
    (error: Error) => error.name,
  )

describe('an account', () => {
  it('is made by the owner, has a number of its own, and its root may do everything in it', async () => {
    const created = await newAccount('team blue')
    expect(created).toEqual({
      account: expect.stringMatching(/^[1-9]\d{11}$/),
      name: 'team blue',
      accessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
      secretAccessKey: expect.stringMatching(/^.{40}$/),
    })
    expect(await clientOf(STS, created).getCallerIdentity({})).toMatchObject({
      Account: created.account,
      Arn: `arn:aws:iam::${created.account}:root`,
    })
    await clientOf(IAM, created).createUser({ UserName: 'first' })
    const { KeyMetadata } = await clientOf(KMS, created).createKey({})
    expect(KeyMetadata!.AWSAccountId).toBe(created.account)
    const listed = (await askWeir('GET', '/_weir/accounts')).body
    expect(listed.owner).toBe('000000000000')
    expect(listed.accounts).toContainEqual({
      account: created.account,
      name: 'team blue',
      created: expect.stringMatching(/^20/),
    })
    expect(JSON.stringify(listed)).not.toContain(created.secretAccessKey)
  })

  it('is not there for those who do not own this Weir', async () => {
    const created = await newAccount('team blue')
    for (const credentials of [created, { accessKeyId: 'test', secretAccessKey: 'wrong' }]) {
      expect((await askWeir('GET', '/_weir/accounts', undefined, credentials)).status).toBe(403)
      expect((await askWeir('GET', '/_weir/encryption', undefined, credentials)).status).toBe(403)
    }
    const user = clientOf(IAM, OWNER)
    await user.createUser({ UserName: 'admin' })
    const { AccessKey } = await user.createAccessKey({ UserName: 'admin' })
    const key = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
    expect(await askWeir('POST', '/_weir/accounts', { name: 'x' }, key)).toMatchObject({ status: 403 })
    expect((await send(`${ORIGIN}/_weir/accounts`)).status).toBe(403)
    expect((await send(`${ORIGIN}/_weir/encryption`)).status).toBe(403)
  })

  it('needs a name', async () => {
    for (const name of ['', 'x'.repeat(65), 'two\nlines', 7]) {
      expect((await askWeir('POST', '/_weir/accounts', { name })).status).toBe(400)
    }
  })

  it('has a second root key, and lets go of the first', async () => {
    const first = await newAccount('team blue')
    const path = `/_weir/accounts/${first.account}/keys`
    const second = (await askWeir('POST', path)).body as Credentials
    expect((await askWeir('POST', path)).status).toBe(409)
    expect(await clientOf(STS, second).getCallerIdentity({})).toMatchObject({ Account: first.account })
    await askWeir('PUT', `${path}/${first.accessKeyId}`, { active: false })
    expect(await failure(clientOf(STS, first).getCallerIdentity({}))).toBe('InvalidClientTokenId')
    await askWeir('PUT', `${path}/${first.accessKeyId}`, { active: true })
    expect(await clientOf(STS, first).getCallerIdentity({})).toMatchObject({ Account: first.account })
    await askWeir('DELETE', `${path}/${first.accessKeyId}`)
    expect(await failure(clientOf(STS, first).getCallerIdentity({}))).toBe('InvalidClientTokenId')
    expect((await askWeir('GET', path)).body.keys).toMatchObject([
      { accessKeyId: second.accessKeyId, active: true },
    ])
    expect((await askWeir('DELETE', `${path}/AKIAAAAAAAAAAAAAAAAA`)).status).toBe(404)
  })

  it('is deleted when it is empty, or with all that it has when that is meant', async () => {
    const created = await newAccount('team blue')
    const path = `/_weir/accounts/${created.account}`
    await clientOf(IAM, created).createUser({ UserName: 'left' })
    const kms = clientOf(KMS, created)
    const { KeyMetadata } = await kms.createKey({})
    const { CiphertextBlob } = await kms.encrypt({
      KeyId: KeyMetadata!.Arn,
      Plaintext: new TextEncoder().encode('gone'),
    })
    const refused = await askWeir('DELETE', path)
    expect(refused).toMatchObject({ status: 409, body: { resources: { 'iam.user': 1, 'kms.key': 1 } } })
    // Who is not the root itself must not add anything either, while it goes or later.
    const { Credentials: session } = await clientOf(STS, created).getSessionToken({})
    const sessionKey = {
      accessKeyId: session!.AccessKeyId!,
      secretAccessKey: session!.SecretAccessKey!,
      sessionToken: session!.SessionToken!,
    }
    await clientOf(KMS, sessionKey).listKeys({})
    expect((await askWeir('DELETE', `${path}?force=true`)).status).toBe(200)
    expect(await failure(kms.decrypt({ CiphertextBlob }))).toBe('UnrecognizedClientException')
    expect(await failure(clientOf(KMS, sessionKey).createKey({}))).toBe('UnrecognizedClientException')
    const left = await env.DB.prepare('SELECT kind FROM resources WHERE account = ?')
      .bind(created.account)
      .all()
    expect(left.results).toEqual([])
    expect((await askWeir('DELETE', path)).status).toBe(404)
    const empty = await newAccount('team blue')
    expect((await askWeir('DELETE', `/_weir/accounts/${empty.account}`)).status).toBe(200)
    expect((await askWeir('DELETE', '/_weir/accounts/000000000000')).status).toBe(404)
  })

  it('stays when the local one is reset', async () => {
    const other = await newAccount('team blue')
    await clientOf(IAM, other).createUser({ UserName: 'stays' })
    const own = clientOf(IAM, OWNER)
    await own.createUser({ UserName: 'goes' })
    const { AccessKey } = await own.createAccessKey({ UserName: 'goes' })
    const user = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
    expect(await clientOf(STS, user).getCallerIdentity({})).toMatchObject({ Account: '000000000000' })
    const kms = clientOf(KMS, OWNER)
    const { KeyMetadata } = await kms.createKey({})
    await kms.createAlias({ AliasName: 'alias/mine', TargetKeyId: KeyMetadata!.KeyId })
    expect((await send(`${ORIGIN}/_weir/reset`, { method: 'POST' })).status).toBe(200)
    expect((await own.listUsers({})).Users).toEqual([])
    expect(await failure(clientOf(STS, user).getCallerIdentity({}))).toBe('InvalidClientTokenId')
    expect((await kms.listKeys({})).Keys).toEqual([])
    expect(await failure(kms.describeKey({ KeyId: KeyMetadata!.KeyId }))).toBe('NotFoundException')
    expect((await clientOf(IAM, other).listUsers({})).Users).toHaveLength(1)
    // And everything can begin anew.
    await own.createUser({ UserName: 'goes' })
    await kms.encrypt({
      KeyId: (await kms.createKey({})).KeyMetadata!.KeyId,
      Plaintext: new Uint8Array([1]),
    })
  })
})

describe('a deployed Weir', () => {
  const deployed = {
    ...env,
    WEIR_LOCAL: undefined,
    WEIR_ACCOUNT_ID: unusedNumber(),
    WEIR_ENCRYPTION_KEY: btoa('k'.repeat(32)),
  }

  it('refuses the keys of development, for its accounts too', async () => {
    expect(await failure(clientOf(STS, OWNER, deployed).getCallerIdentity({}))).toBe('InvalidClientTokenId')
    expect(await failure(clientOf(Lambda, OWNER, deployed).listFunctions({}))).toBe(
      'UnrecognizedClientException',
    )
    expect((await askWeir('GET', '/_weir/accounts', undefined, OWNER, { bound: deployed })).status).toBe(403)
    const set = { ...deployed, WEIR_LOCAL_CREDENTIALS: 'test:test' }
    expect(await failure(clientOf(STS, OWNER, set).getCallerIdentity({}))).toBe('InvalidClientTokenId')
  })

  it('knows its owner by the credentials that its operator gave it, and shows how a rotation goes', async () => {
    const owner = { accessKeyId: 'owner', secretAccessKey: 'of this Weir' }
    const bound = { ...deployed, WEIR_ROOT_CREDENTIALS: 'owner:of this Weir' }
    const created = await askWeir('POST', '/_weir/accounts', { name: 'deployed' }, owner, { bound: bound })
    expect(created.status).toBe(201)
    const key = created.body as Credentials & { account: string }
    expect(await clientOf(STS, key, bound).getCallerIdentity({})).toMatchObject({ Account: key.account })
    const rotating = {
      ...bound,
      WEIR_ENCRYPTION_KEY: btoa('n'.repeat(32)),
      WEIR_ENCRYPTION_KEY_PREVIOUS: deployed.WEIR_ENCRYPTION_KEY,
    }
    const before = (await askWeir('GET', '/_weir/encryption', undefined, owner, { bound: rotating })).body
    expect(before.others).toHaveLength(1)
    expect(before.waiting).toBeGreaterThan(0)
    let last = before
    while (last.wrappedBy[before.others[0]]) {
      last = (await askWeir('POST', '/_weir/encryption', undefined, owner, { bound: rotating })).body
      expect(last.rewrapped).toBeGreaterThan(0)
    }
    const rotated = { ...rotating, WEIR_ENCRYPTION_KEY_PREVIOUS: undefined }
    expect(await clientOf(STS, key, rotated).getCallerIdentity({})).toMatchObject({ Account: key.account })
  })
})
