import { describe, expect, test } from 'vitest'
import { failure, iamHarness } from './iam-harness.ts'

const { client: iam, account, published } = await iamHarness()

const THUMBPRINT = 'a'.repeat(40)

let names = 0
const newProvider = async (more: object = {}) => {
  const host = `issuer-${++names}.example.com`
  const { OpenIDConnectProviderArn } = await iam.createOpenIDConnectProvider({
    Url: `https://${host}/tenant`,
    ThumbprintList: [THUMBPRINT],
    ...more,
  })
  return { id: `${host}/tenant`, OpenIDConnectProviderArn: OpenIDConnectProviderArn! }
}

describe('an OpenID Connect provider', () => {
  test('is created, read, listed and deleted', async () => {
    const Tags = [{ Key: 'a', Value: 'b' }]
    const { id, OpenIDConnectProviderArn } = await newProvider({ ClientIDList: ['one', 'two', 'one'], Tags })
    expect(OpenIDConnectProviderArn).toBe(`arn:aws:iam::${account}:oidc-provider/${id}`)
    expect(await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn })).toMatchObject({
      Url: id,
      ClientIDList: ['one', 'two'],
      ThumbprintList: [THUMBPRINT],
      CreateDate: expect.any(Date),
      Tags,
    })
    expect(await published('provider', id)).toMatchObject({ url: `https://${id}`, clientIds: ['one', 'two'] })
    expect((await iam.listOpenIDConnectProviders({})).OpenIDConnectProviderList).toContainEqual({
      Arn: OpenIDConnectProviderArn,
    })
    expect(await failure(iam.createOpenIDConnectProvider({ Url: `https://${id}` }))).toBe(
      `EntityAlreadyExistsException 409: Provider with url https://${id} already exists.`,
    )
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn })
    await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn })
    expect(await published('provider', id)).toBeUndefined()
    expect(await failure(iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn }))).toBe(
      `NoSuchEntityException 404: OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`,
    )
  })

  test('has client ids and thumbprints that are changed', async () => {
    const { id, OpenIDConnectProviderArn } = await newProvider()
    await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'one' })
    await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'two' })
    await iam.addClientIDToOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'two' })
    await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'one' })
    await iam.removeClientIDFromOpenIDConnectProvider({ OpenIDConnectProviderArn, ClientID: 'three' })
    const ThumbprintList = ['b'.repeat(40)]
    await iam.updateOpenIDConnectProviderThumbprint({ OpenIDConnectProviderArn, ThumbprintList })
    expect(await iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn })).toMatchObject({
      ClientIDList: ['two'],
      ThumbprintList,
    })
    expect(await published('provider', id)).toMatchObject({ clientIds: ['two'] })
  })

  test('is tagged', async () => {
    const { OpenIDConnectProviderArn } = await newProvider()
    const Tags = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ]
    await iam.tagOpenIDConnectProvider({ OpenIDConnectProviderArn, Tags })
    await iam.untagOpenIDConnectProvider({ OpenIDConnectProviderArn, TagKeys: ['a'] })
    expect((await iam.listOpenIDConnectProviderTags({ OpenIDConnectProviderArn })).Tags).toEqual([Tags[1]])
  })

  test('is reached by HTTPS, or on this machine', async () => {
    const create = (Url: string) => failure(iam.createOpenIDConnectProvider({ Url }))
    const refused = 'ValidationError 400: Invalid Open ID Connect Provider URL'
    expect(await create('http://issuer.example.com')).toBe(refused)
    expect(await create('issuer.example.com')).toBe(refused)
    expect(await create('https://issuer.example.com?a=b')).toBe(refused)
    expect(await create('http://localhost:9123/issuer')).toBe('the call succeeded')
    expect(await published('provider', 'localhost:9123/issuer')).toMatchObject({
      url: 'http://localhost:9123/issuer',
    })
  })

  test('has five thumbprints and a hundred client ids at most', async () => {
    const Url = 'https://limits.example.com'
    const ThumbprintList = Array.from({ length: 6 }, () => THUMBPRINT)
    expect(await failure(iam.createOpenIDConnectProvider({ Url, ThumbprintList }))).toBe(
      'InvalidInputException 400: Thumbprint list must contain fewer than 5 entries.',
    )
    const ClientIDList = Array.from({ length: 101 }, (_, n) => `client-${n}`)
    expect(await failure(iam.createOpenIDConnectProvider({ Url, ClientIDList }))).toBe(
      'LimitExceededException 409: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100',
    )
  })
})
