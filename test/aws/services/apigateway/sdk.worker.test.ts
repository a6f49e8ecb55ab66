import { strFromU8, unzipSync } from 'fflate'
import { beforeEach, describe, expect, it } from 'vitest'
import orders from '../../../gateway/openapi/documents/orders.yaml?raw'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
beforeEach(async () => {
  plane = await controlPlane()
  restApiId = (await plane.api.importRestApi({ body: new TextEncoder().encode(orders) })).id!
  await plane.api.createDeployment({ restApiId, stageName: 'prod' })
})

const get = (sdkType = 'javascript', stageName = 'prod') =>
  plane.api.getSdk({ restApiId, stageName, sdkType })

describe('GetSdk', () => {
  it('gives a zip file with a client of what the stage serves', async () => {
    const sdk = await get()
    expect(sdk).toMatchObject({
      contentType: 'application/octet-stream',
      contentDisposition: `attachment; filename="javascript_${restApiId}_prod.zip"`,
    })
    const files = unzipSync(sdk.body!)
    expect(Object.keys(files)).toEqual([
      'apiGateway-js-sdk/apigClient.js',
      'apiGateway-js-sdk/package.json',
      'apiGateway-js-sdk/README.md',
    ])
    const script = strFromU8(files['apiGateway-js-sdk/apigClient.js']!)
    for (const name of ['ordersGet', 'ordersPost', 'ordersOrderIdDelete', 'filesPathGet', 'healthyGet']) {
      expect(script).toContain(`"${name}": {`)
    }
    expect(script).toContain(`"invokeUrl": "http://localhost/_aws/execute-api/${restApiId}/prod"`)
    expect((await get()).body).toEqual(sdk.body)
  })

  it('refuses what it does not make, and stages that are not there', async () => {
    for (const type of ['android', 'java', 'objective-c', 'ruby', 'swift']) {
      expect(await refusal(get(type))).toBe(
        `400 BadRequestException: Weir does not generate SDKs of type ${type}. There is: javascript`,
      )
    }
    expect(await refusal(get('cobol'))).toBe(
      '400 BadRequestException: Invalid SDK type specified: cobol. There is: javascript',
    )
    expect(await refusal(get('javascript', 'test'))).toBe(
      '404 NotFoundException: Invalid stage identifier specified',
    )
  })

  it('says which types there are', async () => {
    const type = expect.objectContaining({ id: 'javascript', friendlyName: 'JavaScript' })
    expect((await plane.api.getSdkTypes({})).items).toEqual([type])
    expect(await plane.api.getSdkType({ id: 'javascript' })).toEqual(type)
    expect(await refusal(plane.api.getSdkType({ id: 'java' }))).toBe(
      '404 NotFoundException: Invalid sdk type specified',
    )
  })
})
