import { describe, expect, test } from 'vitest'
import { controlPlane, REGION, refusal } from './control-plane.ts'

let names = 0
/** Names are unique in all of Weir, so every test has its own. */
const newName = () => `api${++names}.shop.example.com`

const CERTIFICATE = `arn:aws:acm:${REGION}:123456789012:certificate/0a1b2c3d`

describe('a custom domain name', () => {
  test('is created, listed, read, patched and deleted', async () => {
    const { api } = await controlPlane()
    const domainName = newName()
    const created = await api.createDomainName({
      domainName: domainName.toUpperCase(),
      regionalCertificateArn: CERTIFICATE,
      endpointConfiguration: { types: ['REGIONAL'] },
      securityPolicy: 'TLS_1_2',
      tags: { team: 'shop' },
    })
    const { $metadata, ...described } = created
    expect($metadata.httpStatusCode).toBe(201)
    expect(described).toEqual({
      domainName,
      domainNameArn: `arn:aws:apigateway:${REGION}::/domainnames/${domainName}`,
      regionalCertificateArn: CERTIFICATE,
      regionalDomainName: 'localhost',
      endpointConfiguration: { types: ['REGIONAL'], ipAddressType: 'ipv4' },
      domainNameStatus: 'AVAILABLE',
      securityPolicy: 'TLS_1_2',
      routingMode: 'BASE_PATH_MAPPING_ONLY',
      tags: { team: 'shop' },
    })
    expect(await api.getDomainName({ domainName })).toMatchObject(described)
    expect((await api.getDomainNames({})).items).toEqual([described])

    const patched = await api.updateDomainName({
      domainName,
      patchOperations: [
        { op: 'replace', path: '/regionalCertificateArn', value: `${CERTIFICATE}9` },
        { op: 'replace', path: '/securityPolicy', value: 'TLS_1_0' },
      ],
    })
    expect(patched).toMatchObject({ regionalCertificateArn: `${CERTIFICATE}9`, securityPolicy: 'TLS_1_0' })
    await api.deleteDomainName({ domainName })
    expect(await refusal(api.getDomainName({ domainName }))).toBe(
      '404 NotFoundException: Invalid domain name identifier specified',
    )
  })

  test('is optimized for the edge where nothing else is said, and may move to a region', async () => {
    const { api } = await controlPlane()
    const domainName = newName()
    const edge = await api.createDomainName({ domainName, certificateArn: CERTIFICATE })
    expect(edge.endpointConfiguration?.types).toEqual(['EDGE'])
    expect(edge.distributionDomainName).toBe('localhost')
    expect(edge.certificateUploadDate).toBeInstanceOf(Date)
    const both = await api.updateDomainName({
      domainName,
      patchOperations: [
        { op: 'add', path: '/endpointConfiguration/types', value: 'REGIONAL' },
        { op: 'add', path: '/regionalCertificateArn', value: CERTIFICATE },
      ],
    })
    expect(both.endpointConfiguration?.types).toEqual(['EDGE', 'REGIONAL'])
    const regional = await api.updateDomainName({
      domainName,
      patchOperations: [
        { op: 'remove', path: '/endpointConfiguration/types', value: 'EDGE' },
        { op: 'remove', path: '/certificateArn' },
      ],
    })
    expect(regional).toMatchObject({
      endpointConfiguration: { types: ['REGIONAL'] },
      regionalDomainName: 'localhost',
    })
    expect(regional.distributionDomainName).toBeUndefined()
    expect(regional.certificateUploadDate).toBeUndefined()
  })

  test('is one account’s alone, and so is what its wildcard covers', async () => {
    const [one, other] = [await controlPlane(), await controlPlane()]
    const domainName = newName()
    const taken = '400 BadRequestException: The domain name you provided already exists.'
    await one.api.createDomainName({ domainName })
    expect(await refusal(one.api.createDomainName({ domainName }))).toBe(taken)
    expect(await refusal(other.api.createDomainName({ domainName }))).toBe(taken)
    expect(await refusal(other.api.createDomainName({ domainName: '*.shop.example.com' }))).toBe(taken)
    await one.api.createDomainName({ domainName: `*.${domainName}` })
    expect(await refusal(other.api.createDomainName({ domainName: `eu.${domainName}` }))).toBe(taken)
    await one.api.createDomainName({ domainName: `eu.${domainName}` })
    await one.api.deleteDomainName({ domainName })
    await other.api.createDomainName({ domainName })
    expect((await one.api.getDomainNames({})).items?.map(each => each.domainName)).toEqual([
      `*.${domainName}`,
      `eu.${domainName}`,
    ])
  })

  test('that two accounts create at the same moment is given to one', async () => {
    const [one, other] = [await controlPlane(), await controlPlane()]
    const domainName = newName()
    one.beforeNextCommit(() => other.api.createDomainName({ domainName }))
    expect(await refusal(one.api.createDomainName({ domainName }))).toContain('already exists')
    expect((await other.api.getDomainName({ domainName })).domainName).toBe(domainName)
  })

  test.each([
    'example',
    'a..example.com',
    '-a.example.com',
    'a_b.*.com',
    '*',
    'a b.example.com',
    `${'a'.repeat(64)}.example.com`,
    'localhost.localhost',
    'weir.me.workers.dev',
    'lambda.us-east-1.amazonaws.com',
    '127.0.0.1',
  ])('%s is refused', async domainName => {
    const { api } = await controlPlane()
    expect(await refusal(api.createDomainName({ domainName }))).toMatch(/^400 BadRequestException: /)
  })

  test('says so where it would promise what Weir does not do', async () => {
    const { api } = await controlPlane()
    const create = (over: object) => refusal(api.createDomainName({ domainName: newName(), ...over }))
    expect(await create({ endpointConfiguration: { types: ['PRIVATE'] } })).toContain('does not support')
    expect(await create({ mutualTlsAuthentication: { truststoreUri: 's3://b/k' } })).toContain('mutual TLS')
    expect(await create({ routingMode: 'ROUTING_RULE_ONLY' })).toContain('routing rules')
    expect(await create({ policy: '{}' })).toContain('policies')
    expect(
      await create({ certificateArn: CERTIFICATE, endpointConfiguration: { types: ['REGIONAL'] } }),
    ).toBe('400 BadRequestException: Cannot import certificates for EDGE while REGIONAL is active.')
  })

  test('carries tags', async () => {
    const { api } = await controlPlane()
    const domainName = newName()
    const { domainNameArn: resourceArn } = await api.createDomainName({ domainName, tags: { a: '1' } })
    await api.tagResource({ resourceArn, tags: { b: '2' } })
    await api.untagResource({ resourceArn, tagKeys: ['a'] })
    expect((await api.getTags({ resourceArn })).tags).toEqual({ b: '2' })
    expect((await api.getDomainName({ domainName })).tags).toEqual({ b: '2' })
  })
})

describe('a name by which Weir itself is called', () => {
  test('is no custom domain, and no wildcard takes it either', async () => {
    const { api, platform } = await controlPlane()
    Object.assign(platform, { origin: 'https://weir.operator.example:8443' })
    const create = (domainName: string) => refusal(api.createDomainName({ domainName }))
    expect(await create('weir.operator.example')).toContain('cannot be a custom domain name')
    expect(await create('*.operator.example')).toContain('cannot be a custom domain name')
    await api.createDomainName({ domainName: 'api.operator.example' })
    // Once the operator has said so, Weir's own name is safe below a wildcard.
    Object.assign(platform, { env: { ...platform.env, WEIR_HOSTS: 'weir.operator.example' } })
    expect(await create('weir.operator.example')).toContain('cannot be a custom domain name')
    await api.createDomainName({ domainName: '*.operator.example' })
  })
})
