import { request } from 'node:http'
import { unzipSync } from 'fflate'
import { expect } from 'vitest'
import { expectAnswer, nameOf, STAGE, type Steps, soon, type World } from './world.ts'

const bytes = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document))

const mock = (text: string) => ({
  'x-amazon-apigateway-integration': {
    type: 'mock',
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    responses: { default: { statusCode: '200', responseTemplates: { 'application/json': text } } },
  },
  responses: { 200: { description: 'well' } },
})

const DOCUMENT = {
  openapi: '3.0.1',
  info: { title: 'imported', version: '1' },
  paths: { '/hello': { get: mock('hello') } },
}

/** As `fetch` sends no `Host` of its own. */
const askHost = ({ weir }: World, host: string, path: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: weir.port, path, headers: { host } }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', piece => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
      .on('error', reject)
      .end()
  })

/** APIs as documents, what they are called, and what belongs to an account. */
export const documents: Steps = {
  async ImportRestApi(world) {
    const { gateway, made } = world
    const { id, name } = await gateway.importRestApi({ body: bytes(DOCUMENT) })
    expect(name).toBe('imported')
    made.api = id!
    await gateway.createDeployment({ restApiId: id, stageName: STAGE })
    await expectAnswer(world, '/hello', { status: 200, text: 'hello' })
  },
  async PutRestApi(world) {
    const { gateway, made } = world
    const body = bytes({ ...DOCUMENT, paths: { '/bye': { get: mock('bye') } } })
    await gateway.putRestApi({ restApiId: made.api, mode: 'merge', body })
    await gateway.createDeployment({ restApiId: made.api, stageName: STAGE })
    await expectAnswer(world, '/bye', { status: 200, text: 'bye' })
    await expectAnswer(world, '/hello', { status: 200, text: 'hello' })
    await gateway.putRestApi({ restApiId: made.api, mode: 'overwrite', body })
    await gateway.createDeployment({ restApiId: made.api, stageName: STAGE })
    await expectAnswer(world, '/hello', { status: 403 })
  },
  async GetExport({ gateway, made }) {
    const exported = await gateway.getExport({
      restApiId: made.api,
      stageName: STAGE,
      exportType: 'oas30',
      parameters: { extensions: 'integrations' },
      accepts: 'application/json',
    })
    const document = JSON.parse(new TextDecoder().decode(exported.body))
    expect(document.openapi).toBe('3.0.1')
    expect(document.paths['/bye'].get['x-amazon-apigateway-integration'].type).toBe('mock')
  },
  async CreateDocumentationPart({ gateway, made }) {
    await gateway.createDocumentationPart({
      restApiId: made.api,
      location: { type: 'METHOD', path: '/bye', method: 'GET' },
      properties: '{"summary": "Says goodbye"}',
    })
  },
  async GetDocumentationParts({ gateway, made }) {
    // The import has made one of the response's description.
    const { items } = await gateway.getDocumentationParts({ restApiId: made.api, type: 'METHOD' })
    expect(items!.map(({ location, properties }) => [location!.path, properties])).toEqual([
      ['/bye', '{"summary": "Says goodbye"}'],
    ])
  },
  async CreateDocumentationVersion({ gateway, made }) {
    await gateway.createDocumentationVersion({
      restApiId: made.api,
      documentationVersion: '1',
      stageName: STAGE,
    })
    const { documentationVersion } = await gateway.getStage({ restApiId: made.api, stageName: STAGE })
    expect(documentationVersion).toBe('1')
    const exported = await gateway.getExport({
      restApiId: made.api,
      stageName: STAGE,
      exportType: 'oas30',
      parameters: { extensions: 'documentation' },
    })
    expect(new TextDecoder().decode(exported.body)).toContain('Says goodbye')
  },
  async GetSdk({ gateway, made }) {
    const { body, contentType } = await gateway.getSdk({
      restApiId: made.api,
      stageName: STAGE,
      sdkType: 'javascript',
    })
    expect(contentType).toMatch(/zip|octet/)
    expect(Object.keys(unzipSync(body!)).some(name => name.endsWith('apigClient.js'))).toBe(true)
  },
  async CreateDomainName({ gateway }) {
    const { domainNameStatus } = await gateway.createDomainName({
      domainName: 'api.tampr.com',
      endpointConfiguration: { types: ['REGIONAL'] },
      regionalCertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/every',
    })
    expect(domainNameStatus).toBe('AVAILABLE')
  },
  async CreateBasePathMapping(world) {
    const { gateway, made } = world
    const domainName = 'api.tampr.com'
    await gateway.createBasePathMapping({ domainName, basePath: 'v1', restApiId: made.api, stage: STAGE })
    await soon(async () => {
      expect(await askHost(world, domainName, '/v1/bye')).toEqual({ status: 200, text: 'bye' })
    })
  },
  async GetBasePathMapping({ gateway, made }) {
    const mapping = { domainName: 'api.tampr.com', basePath: 'v1' }
    expect((await gateway.getBasePathMapping(mapping)).restApiId).toBe(made.api)
  },
  async UpdateBasePathMapping(world) {
    const domainName = 'api.tampr.com'
    await world.gateway.updateBasePathMapping({
      domainName,
      basePath: 'v1',
      patchOperations: [{ op: 'replace', path: '/basePath', value: 'v2' }],
    })
    await soon(async () => {
      expect(await askHost(world, domainName, '/v2/bye')).toEqual({ status: 200, text: 'bye' })
    })
  },
  async GetBasePathMappings({ gateway }) {
    const { items } = await gateway.getBasePathMappings({ domainName: 'api.tampr.com' })
    expect(items!.map(({ basePath }) => basePath)).toEqual(['v2'])
  },
  async DeleteBasePathMapping(world) {
    const domainName = 'api.tampr.com'
    await world.gateway.deleteBasePathMapping({ domainName, basePath: 'v2' })
    await soon(async () => {
      expect((await askHost(world, domainName, '/v2/bye')).status).toBe(403)
    })
  },
  async UpdateDomainName({ gateway }) {
    await gateway.updateDomainName({
      domainName: 'api.tampr.com',
      patchOperations: [{ op: 'replace', path: '/securityPolicy', value: 'TLS_1_2' }],
    })
  },
  async GetDomainName({ gateway }) {
    expect((await gateway.getDomainName({ domainName: 'api.tampr.com' })).securityPolicy).toBe('TLS_1_2')
  },
  async GetDomainNames({ gateway }) {
    const { items } = await gateway.getDomainNames({})
    expect(items!.map(({ domainName }) => domainName)).toEqual(['api.tampr.com'])
  },
  async DeleteDomainName({ gateway }) {
    const domain = { domainName: 'api.tampr.com' }
    await gateway.deleteDomainName(domain)
    expect(await nameOf(gateway.getDomainName(domain))).toBe('NotFoundException')
  },
  async TagResource({ gateway, made }) {
    const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${made.api}`
    await gateway.tagResource({ resourceArn, tags: { team: 'blue', stage: 'test' } })
  },
  async UntagResource({ gateway, made }) {
    const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${made.api}`
    await gateway.untagResource({ resourceArn, tagKeys: ['stage'] })
  },
  async GetTags({ gateway, made }) {
    const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${made.api}`
    expect((await gateway.getTags({ resourceArn })).tags).toEqual({ team: 'blue' })
  },
  async UpdateAccount({ gateway }) {
    await gateway.updateAccount({
      patchOperations: [
        { op: 'replace', path: '/cloudwatchRoleArn', value: 'arn:aws:iam::000000000000:role/logs' },
      ],
    })
  },
  async GetAccount({ gateway }) {
    const { cloudwatchRoleArn, throttleSettings } = await gateway.getAccount({})
    expect(cloudwatchRoleArn).toBe('arn:aws:iam::000000000000:role/logs')
    expect(throttleSettings).toEqual({ burstLimit: 5000, rateLimit: 10_000 })
  },
  async DeleteRestApi(world) {
    const { gateway, made } = world
    await gateway.deleteRestApi({ restApiId: made.api })
    expect(await nameOf(gateway.getRestApi({ restApiId: made.api }))).toBe('NotFoundException')
    await expectAnswer(world, '/bye', { status: 403, text: '{"message":"Forbidden"}' })
  },
}
