import starTrek from '@readme/oas-examples/3.0/json/star-trek.json' with { type: 'json' }
import { beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import orders from '../../../gateway/openapi/documents/orders.yaml?raw'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
beforeEach(async () => {
  plane = await controlPlane()
})

async function deployed(document: string): Promise<string> {
  const { id } = await plane.api.importRestApi({ body: new TextEncoder().encode(document) })
  await plane.api.createDeployment({ restApiId: id!, stageName: 'prod' })
  return id!
}

async function exported(restApiId: string, input: object = {}) {
  const answer = await plane.api.getExport({
    restApiId,
    stageName: 'prod',
    exportType: 'oas30',
    parameters: { extensions: 'apigateway' },
    ...input,
  })
  return { ...answer, text: new TextDecoder().decode(answer.body) }
}

/** Without what differs from API to API. */
const normal = (text: string, id: string): unknown => {
  const document = parse(text.replaceAll(id, 'api')) as { info: { version: unknown } }
  return document
}

const COMBINATIONS = ['oas30', 'swagger'].flatMap(exportType =>
  ['application/json', 'application/yaml'].map(accepts => ({ exportType, accepts })),
)

/** A large document of others, made deployable. */
const integrated = JSON.stringify({
  ...starTrek,
  paths: Object.fromEntries(
    Object.entries(starTrek.paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => [
          method,
          {
            ...(operation as object),
            'x-amazon-apigateway-integration': {
              type: 'http_proxy',
              httpMethod: method.toUpperCase(),
              uri: `https://stapi.example.com${path}`,
            },
          },
        ]),
      ),
    ]),
  ),
})

describe('GetExport', () => {
  it.each(
    COMBINATIONS.flatMap(combination => [
      { what: 'an API with all extensions', document: orders, ...combination },
      { what: 'a large API', document: integrated, ...combination },
    ]),
  )(
    'gives $what as $exportType in $accepts, from which the same API is made',
    async ({ document, ...input }) => {
      const first = await deployed(document)
      const one = await exported(first, input)
      expect(one).toMatchObject({
        contentType: input.accepts,
        contentDisposition: `attachment; filename="${first}-prod-${input.exportType}.${input.accepts.slice(12)}"`,
      })
      const second = await deployed(one.text)
      const other = await exported(second, input)
      expect(normal(other.text, second)).toEqual(normal(one.text, first))
    },
  )

  it('says what the stage serves, not what the API has become', async () => {
    const id = await deployed(orders)
    const before = await exported(id)
    const empty = { openapi: '3.0.1', info: { title: 'other', version: '1' }, paths: {} }
    const body = new TextEncoder().encode(JSON.stringify(empty))
    await plane.api.putRestApi({ restApiId: id, mode: 'overwrite', body })
    expect((await exported(id)).text).toBe(before.text)
  })

  it('carries the extensions that are asked for, and no others', async () => {
    const id = await deployed(orders)
    const keysWith = async (extensions?: string) => {
      const { text } = await exported(id, {
        parameters: extensions === undefined ? undefined : { extensions },
      })
      return new Set(text.match(/"x-[\w-]+"(?=:)/g))
    }
    const bare = new Set(['"x-amazon-apigateway-any-method"', '"x-amazon-apigateway-authtype"'])
    expect(await keysWith()).toEqual(bare)
    expect(await keysWith('postman')).toEqual(bare)
    expect(await keysWith('integrations')).toEqual(
      new Set([...bare, '"x-amazon-apigateway-integration"', '"x-amazon-apigateway-binary-media-types"']),
    )
    expect(await keysWith('authorizers')).toEqual(new Set([...bare, '"x-amazon-apigateway-authorizer"']))
    const all = await keysWith('integrations,apigateway')
    for (const key of ['request-validators', 'request-validator', 'gateway-responses', 'tag-value']) {
      expect(all).toContain(`"x-amazon-apigateway-${key}"`)
    }
    expect(all).toContain('"x-weir-cors"')
  })

  it('writes what other tools read: servers, parameters, bodies and models', async () => {
    const id = await deployed(orders)
    const document = JSON.parse((await exported(id, { parameters: {} })).text)
    expect(document).toMatchObject({
      openapi: '3.0.1',
      info: { title: 'Orders', version: '1.10' },
      servers: [
        {
          url: `http://${id}.execute-api.localhost/{basePath}`,
          variables: { basePath: { default: 'prod' } },
        },
      ],
      paths: {
        '/orders': {
          post: {
            requestBody: {
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
            },
            security: [{ pool: ['orders/write'] }],
          },
        },
      },
    })
    const swagger = JSON.parse((await exported(id, { exportType: 'swagger', parameters: {} })).text)
    expect(swagger).toMatchObject({
      swagger: '2.0',
      host: `${id}.execute-api.localhost`,
      basePath: '/prod',
      schemes: ['http'],
      definitions: { Order: { properties: { address: { $ref: '#/definitions/Address' } } } },
    })
  })

  it('refuses what there is none of', async () => {
    const id = await deployed(orders)
    expect(await refusal(exported(id, { exportType: 'raml' }))).toBe(
      "400 BadRequestException: No API exporter for type 'raml'",
    )
    expect(await refusal(exported(id, { stageName: 'test' }))).toBe(
      '404 NotFoundException: Invalid stage identifier specified',
    )
    expect(await refusal(exported(id, { parameters: { extensions: 'all' } }))).toBe(
      '400 BadRequestException: Invalid extensions specified: all. Valid options are integrations,authorizers,documentation,apigateway,postman',
    )
  })
})
