import type { APIGateway, RequestValidator } from '@aws-sdk/client-api-gateway'
import { type RequestValidatorRecord, requestValidators } from '../../../../gateway/control/api-parts.ts'
import { resources, restApis } from '../../../../gateway/control/rest-api-records.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Platform } from '../../../../platform.ts'
import type { Stored } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { type Context, contextOf } from '../context.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, flag, listingWording, type PatchTable } from '../patch.ts'
import { badRequest, conflict, notFound } from '../refusals.ts'
import { findApi } from './rest-apis.ts'

export const requestValidatorOperations = {
  async CreateRequestValidator(input, call) {
    const context = contextOf(call)
    // Here AWS words a missing API in its own way.
    if (!(await context.records.get(restApis, '', input.restApiId))) {
      throw badRequest('Invalid REST API identifier specified')
    }
    if (input.name !== undefined) checkName(input.name)
    const doc: RequestValidatorRecord = {
      name: input.name,
      validateRequestBody: input.validateRequestBody ?? false,
      validateRequestParameters: input.validateRequestParameters ?? false,
    }
    const id = shortId(6)
    await context.records.change().create(requestValidators, { parent: input.restApiId, id }, doc).commit()
    return answer({ id, doc })
  },

  async GetRequestValidator(input, call) {
    return answer(await find(contextOf(call), input.restApiId, input.requestValidatorId))
  },

  async GetRequestValidators(input, call) {
    const context = contextOf(call)
    await findApi(context, input.restApiId)
    const list = `restapis/${input.restApiId}/requestvalidators`
    return pageOf(context.records, requestValidators, input.restApiId, list, input, answer)
  },

  async UpdateRequestValidator(input, call) {
    const context = contextOf(call)
    const validator = await find(context, input.restApiId, input.requestValidatorId)
    const doc = applyPatches(PATCHES, validator.doc, input.patchOperations)
    await context.records.change().replace(requestValidators, validator, doc).commit()
    return answer({ id: validator.id, doc })
  },

  async DeleteRequestValidator(input, call) {
    const context = contextOf(call)
    const validator = await find(context, input.restApiId, input.requestValidatorId)
    const user = await findUser(context, input.restApiId, validator.id)
    if (user)
      throw conflict(`Cannot delete request validator '${validator.id}', is referenced in method: ${user}`)
    await context.records.change().remove(requestValidators, validator).commit()
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

async function find(
  { records }: Context,
  apiId: string,
  id: string,
): Promise<Stored<RequestValidatorRecord>> {
  const validator = await records.get(requestValidators, apiId, id)
  if (!validator) throw notFound('Invalid Request Validator identifier specified')
  return validator
}

async function findUser({ records }: Context, apiId: string, id: string): Promise<string | undefined> {
  for (const { doc } of await records.all(resources, apiId)) {
    for (const [method, { requestValidatorId }] of Object.entries(doc.methods)) {
      if (requestValidatorId === id) return `${doc.path}/${method}`
    }
  }
  return undefined
}

function checkName(name: string): void {
  if (!name.trim()) throw badRequest('Request Validator name cannot be blank')
}

const PATCHES: PatchTable<RequestValidatorRecord> = {
  wording: listingWording,
  rows: {
    '/name': {
      ops: ['replace'],
      value: name => {
        checkName(name ?? '')
        return name
      },
    },
    '/validateRequestParameters': { ops: ['replace'], value: flag },
    '/validateRequestBody': { ops: ['replace'], value: flag },
  },
}

const answer = ({ id, doc }: { id: string; doc: RequestValidatorRecord }): RequestValidator => ({
  id,
  ...doc,
})
