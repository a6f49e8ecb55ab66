import type { APIGateway, SdkType } from '@aws-sdk/client-api-gateway'
import { strToU8, zipSync } from 'fflate'
import { javascriptClient } from '../../../../gateway/sdk/javascript-client.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { contextOf } from '../context.ts'
import { findDeployed } from '../find-deployed.ts'
import { badRequest, notFound } from '../refusals.ts'

/** What can be generated. API Gateway has more types, which Weir refuses by name. */
const TYPES: readonly SdkType[] = [
  {
    id: 'javascript',
    friendlyName: 'JavaScript',
    description: 'A client for browsers and Node',
    configurationProperties: [],
  },
]

const OTHERS = ['android', 'java', 'objective-c', 'ruby', 'swift']

/** Zip files say when their files were changed, in years from 1980 on: the same API makes the same file. */
const CHANGED = new Date(Date.UTC(1980, 0, 2))

export const sdkOperations = {
  async GetSdk(input, call) {
    const context = contextOf(call)
    const { sdkType, restApiId, stageName } = input
    if (sdkType !== 'javascript') {
      throw badRequest(
        OTHERS.includes(sdkType)
          ? `Weir does not generate SDKs of type ${sdkType}. There is: ${TYPES.map(({ id }) => id).join(', ')}`
          : `Invalid SDK type specified: ${sdkType}. There is: ${TYPES.map(({ id }) => id).join(', ')}`,
      )
    }
    const { definition } = await findDeployed(context, restApiId, stageName)
    const files = javascriptClient(definition, {
      invokeUrl: `${context.platform.origin}/_aws/execute-api/${restApiId}/${stageName}`,
      region: context.account.region,
      stage: stageName,
    })
    const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)])
    return {
      contentType: 'application/octet-stream',
      contentDisposition: `attachment; filename="javascript_${restApiId}_${stageName}.zip"`,
      body: zipSync(Object.fromEntries(entries), { mtime: CHANGED }),
    }
  },

  async GetSdkTypes() {
    return { items: [...TYPES] }
  },

  async GetSdkType(input) {
    const type = TYPES.find(({ id }) => id === input.id)
    if (!type) throw notFound('Invalid sdk type specified')
    return type
  },
} satisfies Handlers<APIGateway, Platform>
