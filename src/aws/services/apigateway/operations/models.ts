import type { APIGateway, Model } from '@aws-sdk/client-api-gateway'
import { type ModelRecord, models } from '../../../../gateway/control/api-parts.ts'
import { resources } from '../../../../gateway/control/rest-api-records.ts'
import { modelsReferredTo } from '../../../../gateway/models/check-schema.ts'
import { flattenSchema } from '../../../../gateway/models/flatten-schema.ts'
import { lookUp } from '../../../../gateway/models/models.ts'
import { sampleTemplate } from '../../../../gateway/models/sample-template.ts'
import { shortId } from '../../../../lib/ids.ts'
import { parseJsonObject } from '../../../../lib/json-object.ts'
import type { Platform } from '../../../../platform.ts'
import type { Stored } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { type Context, contextOf } from '../context.ts'
import { checkModel } from '../model-rules.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, listingWording, orNone, type PatchTable } from '../patch.ts'
import { conflict, notFound } from '../refusals.ts'
import { findApi } from './rest-apis.ts'

export const modelOperations = {
  async CreateModel(input, call) {
    const context = contextOf(call)
    const { restApiId, name } = input
    await findApi(context, restApiId)
    const others = await namesOf(context, restApiId)
    const doc: ModelRecord = {
      id: shortId(6),
      description: input.description || undefined,
      schema: input.schema,
      contentType: input.contentType,
    }
    checkModel(name, doc, other => others.has(other))
    if (others.has(name)) throw conflict('Model name already exists for this REST API')
    await context.records.change().create(models, { parent: restApiId, id: name }, doc).commit()
    return answer({ id: name, doc })
  },

  async GetModel(input, call) {
    const context = contextOf(call)
    const model = await find(context, input.restApiId, input.modelName)
    if (!input.flatten) return answer(model)
    const schema = parseJsonObject(model.doc.schema ?? '')
    if (!schema) return answer(model)
    const schemas = await schemasOf(context, input.restApiId)
    return { ...answer(model), schema: JSON.stringify(flattenSchema(schema, name => schemas.get(name))) }
  },

  async GetModels(input, call) {
    const context = contextOf(call)
    await findApi(context, input.restApiId)
    return pageOf(
      context.records,
      models,
      input.restApiId,
      `restapis/${input.restApiId}/models`,
      input,
      answer,
    )
  },

  async UpdateModel(input, call) {
    const context = contextOf(call)
    const model = await find(context, input.restApiId, input.modelName)
    const doc = applyPatches(PATCHES, model.doc, input.patchOperations)
    const others = await namesOf(context, input.restApiId)
    checkModel(model.id, doc, name => others.has(name))
    await context.records.change().replace(models, model, doc).commit()
    return answer({ id: model.id, doc })
  },

  async DeleteModel(input, call) {
    const context = contextOf(call)
    const model = await find(context, input.restApiId, input.modelName)
    const user = await findUser(context, input.restApiId, model.id)
    if (user) throw conflict(`Cannot delete model '${model.id}', is referenced in ${user}`)
    await context.records.change().remove(models, model).commit()
    return {}
  },

  async GetModelTemplate(input, call) {
    const context = contextOf(call)
    const model = await find(context, input.restApiId, input.modelName)
    const schemas = await schemasOf(context, input.restApiId)
    const schema = flattenSchema(parseJsonObject(model.doc.schema ?? '') ?? {}, name => schemas.get(name))
    return { value: sampleTemplate(schema, reference => lookUp(schema, reference.replace(/^#/, ''))) }
  },
} satisfies Handlers<APIGateway, Platform>

async function find({ records }: Context, apiId: string, name: string): Promise<Stored<ModelRecord>> {
  const model = await records.get(models, apiId, name)
  if (!model) throw notFound(`Invalid model name specified: ${name}`)
  return model
}

async function namesOf({ records }: Context, apiId: string): Promise<Set<string>> {
  return new Set(await records.ids(models, apiId))
}

async function schemasOf({ records }: Context, apiId: string): Promise<Map<string, unknown>> {
  return new Map(
    (await records.all(models, apiId)).map(({ id, doc }) => [id, parseJsonObject(doc.schema ?? '')]),
  )
}

/** What keeps a model from being deleted, as API Gateway names it; undefined when nothing does. */
async function findUser({ records }: Context, apiId: string, name: string): Promise<string | undefined> {
  const [tree, others] = await Promise.all([records.all(resources, apiId), records.all(models, apiId)])
  // The longest path first: API Gateway is seen to name a child before its parent.
  const methods = [...tree]
    .sort((a, b) => b.doc.path.length - a.doc.path.length)
    .flatMap(({ doc }) =>
      Object.entries(doc.methods).map(([method, made]) => ({ at: `${doc.path}/${method}`, made })),
    )
  const names = (used: Readonly<Record<string, string>> | undefined) =>
    Object.values(used ?? {}).includes(name)
  const request = methods.find(({ made }) => names(made.requestModels))
  if (request) return `method request: ${request.at}`
  const response = methods.find(({ made }) =>
    Object.values(made.responses ?? {}).some(({ responseModels }) => names(responseModels)),
  )
  if (response) return `method response: ${response.at}`
  const model = others.find(({ id, doc }) => id !== name && modelsReferredTo(doc.schema).has(name))
  return model && `model: ${model.id}`
}

const PATCHES: PatchTable<ModelRecord> = {
  wording: listingWording,
  rows: {
    '/description': { ops: ['replace'], value: orNone },
    '/schema': { ops: ['replace'] },
  },
}

const answer = ({ id, doc }: { id: string; doc: ModelRecord }): Model => ({
  id: doc.id,
  name: id,
  description: doc.description,
  schema: doc.schema,
  contentType: doc.contentType,
})
