import { beforeEach, describe, expect, it } from 'vitest'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

let plane: ControlPlane
beforeEach(async () => {
  plane = await controlPlane()
})

const loadBalancer = (name: string) =>
  `arn:aws:elasticloadbalancing:${REGION}:123456789012:loadbalancer/net/${name}/1f8df693cd094a72`

const create = (input: object = {}) =>
  plane.api.createVpcLink({ name: 'orders', targetArns: [loadBalancer('orders-prod')], ...input })

/** Gives Weir a binding, as a deployment with one in wrangler.toml does. */
const bind = (name: string) =>
  Object.assign(plane.env, { [name]: { fetch: async () => new Response('bound') } })

describe('VPC links', () => {
  it('are created as AWS answers it, and available as soon as their binding is there', async () => {
    const { $metadata, ...link } = await create({ description: 'to the orders', tags: { team: 'a' } })
    expect($metadata.httpStatusCode).toBe(202)
    const described = {
      id: expect.stringMatching(/^[0-9a-z]{6}$/),
      name: 'orders',
      description: 'to the orders',
      targetArns: [loadBalancer('orders-prod')],
      tags: { team: 'a' },
    }
    expect(link).toEqual({ ...described, status: 'PENDING' })
    expect(await plane.api.getVpcLink({ vpcLinkId: link.id })).toMatchObject({
      ...described,
      status: 'FAILED',
      statusMessage: expect.stringContaining('wrangler.toml has no binding WEIR_LINK_ORDERS_PROD'),
    })
    bind('WEIR_LINK_ORDERS_PROD')
    expect(await plane.api.getVpcLink({ vpcLinkId: link.id })).toMatchObject({
      ...described,
      status: 'AVAILABLE',
      statusMessage: 'Your vpc link is ready for use',
    })
  })

  it('lead to bindings of load balancers alone', async () => {
    bind('WEIR_LINK_X')
    const { id } = await create({ targetArns: ['arn:aws:s3:::bucket'] })
    expect(await plane.api.getVpcLink({ vpcLinkId: id })).toMatchObject({
      status: 'FAILED',
      statusMessage: 'NLB ARN is malformed.',
    })
  })

  it('are listed page by page, patched, tagged and deleted', async () => {
    const links = [await create(), await create({ name: 'payments' }), await create({ name: 'stock' })]
    const first = await plane.api.getVpcLinks({ limit: 2 })
    const second = await plane.api.getVpcLinks({ limit: 2, position: first.position })
    const listed = [...first.items!, ...second.items!].map(({ id }) => id)
    expect(listed).toEqual(links.map(({ id }) => id).sort())
    const vpcLinkId = links[0]!.id!
    expect(
      await plane.api.updateVpcLink({
        vpcLinkId,
        patchOperations: [
          { op: 'replace', path: '/name', value: 'new' },
          { op: 'replace', path: '/description', value: 'newer' },
        ],
      }),
    ).toMatchObject({ name: 'new', description: 'newer' })
    expect(
      await refusal(
        plane.api.updateVpcLink({
          vpcLinkId,
          patchOperations: [{ op: 'replace', path: '/targetArns', value: 'x' }],
        }),
      ),
    ).toBe('400 BadRequestException: Invalid patch path /targetArns')
    const resourceArn = `arn:aws:apigateway:${REGION}::/vpclinks/${vpcLinkId}`
    await plane.api.tagResource({ resourceArn, tags: { a: 'b' } })
    expect((await plane.api.getVpcLink({ vpcLinkId })).tags).toEqual({ a: 'b' })
    const { $metadata } = await plane.api.deleteVpcLink({ vpcLinkId })
    expect($metadata.httpStatusCode).toBe(202)
    for (const call of [plane.api.getVpcLink({ vpcLinkId }), plane.api.deleteVpcLink({ vpcLinkId })]) {
      expect(await refusal(call)).toBe('404 NotFoundException: Invalid Vpc Link identifier specified')
    }
  })

  it.each([
    [{ name: ' ' }, 'Vpc link name must not be empty'],
    [{ targetArns: [] }, 'A vpc link takes exactly one target ARN'],
    [{ targetArns: ['a', 'b'] }, 'A vpc link takes exactly one target ARN'],
    [{ description: 'x'.repeat(1025) }, 'Invalid description specified. It has at most 1024 characters'],
  ])('refuse %j', async (input, message) => {
    expect(await refusal(create(input))).toBe(`400 BadRequestException: ${message}`)
  })
})

describe('an integration', () => {
  const integrate = async (connectionId: string) => {
    const { id: restApiId, rootResourceId: resourceId } = await plane.api.createRestApi({ name: 'api' })
    const at = { restApiId, resourceId, httpMethod: 'GET' }
    await plane.api.putMethod({ ...at, authorizationType: 'NONE' })
    const integration = await plane.api.putIntegration({
      ...at,
      type: 'HTTP_PROXY',
      integrationHttpMethod: 'GET',
      uri: 'http://orders.internal/',
      connectionType: 'VPC_LINK',
      connectionId,
    })
    return { at: { ...at, restApiId: restApiId! }, integration }
  }

  it('takes a link that there is, which then stays, and its stage is told the binding', async () => {
    const { id } = await create()
    const { at, integration } = await integrate(id!)
    expect(integration).toMatchObject({ connectionType: 'VPC_LINK', connectionId: id })
    await plane.api.createDeployment({ restApiId: at.restApiId, stageName: 'prod' })
    expect(plane.pointer(at.restApiId)?.stages.prod?.links).toEqual({ [id!]: 'WEIR_LINK_ORDERS_PROD' })
    expect(await refusal(plane.api.deleteVpcLink({ vpcLinkId: id }))).toBe(
      `400 BadRequestException: Cannot delete vpc link. Vpc link '${id}', is referenced in [GET:${at.resourceId}] in format of [Method:Resource].`,
    )
    await plane.api.deleteIntegration(at)
    await plane.api.deleteVpcLink({ vpcLinkId: id })
  })

  it('refuses one that there is not', async () => {
    expect(await refusal(integrate('nope'))).toBe('400 BadRequestException: Invalid vpc link specified: nope')
  })

  it('loses a link that a stage variable names when it is deleted', async () => {
    const { id } = await create()
    // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own placeholder
    const { at } = await integrate('${stageVariables.link}')
    await plane.api.createDeployment({
      restApiId: at.restApiId,
      stageName: 'prod',
      variables: { link: id! },
    })
    expect(plane.pointer(at.restApiId)?.stages.prod?.links).toEqual({ [id!]: 'WEIR_LINK_ORDERS_PROD' })
    await plane.api.deleteVpcLink({ vpcLinkId: id })
    expect(plane.pointer(at.restApiId)?.stages.prod?.links).toBeUndefined()
  })

  it('of a deployed Weir is not led into a network', async () => {
    const { id: restApiId, rootResourceId: resourceId } = await plane.api.createRestApi({ name: 'api' })
    const at = { restApiId, resourceId, httpMethod: 'GET' }
    await plane.api.putMethod({ ...at, authorizationType: 'NONE' })
    const put = (uri: string) =>
      plane.api.putIntegration({ ...at, type: 'HTTP_PROXY', integrationHttpMethod: 'GET', uri })
    Object.assign(plane.env, { WEIR_LOCAL: undefined })
    for (const uri of [
      'http://127.0.0.1/',
      'http://169.254.169.254/latest',
      'http://[::1]:80/x',
      'http://db/',
    ]) {
      expect(await refusal(put(uri))).toBe('400 BadRequestException: Invalid HTTP endpoint specified for URI')
    }
    Object.assign(plane.env, { WEIR_LOCAL: '1' })
    expect((await put('http://127.0.0.1:3000/')).uri).toBe('http://127.0.0.1:3000/')
  })
})
