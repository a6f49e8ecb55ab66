import type { APIGateway, ApiKey } from '@aws-sdk/client-api-gateway'
import { sha256Hex } from '../../../../lib/hash.ts'
import { apiKeyValue, shortId } from '../../../../lib/ids.ts'
import {
  type ApiKeyRecord,
  apiKeys,
  planKeys,
  type StoredKey,
} from '../../../../metering/control/metering-records.ts'
import type { Platform } from '../../../../platform.ts'
import type { Handlers } from '../../../wire/service.ts'
import { commitAndPublish, keyOutdated } from '../commit-and-publish.ts'
import { type Context, contextOf, date, someTags } from '../context.ts'
import { findStage } from '../find-stage.ts'
import { checkKeyTexts, checkKeyValue } from '../key-rules.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, flag, listingWording, listPatchedByValue, type PatchTable } from '../patch.ts'
import { badRequest, checkRoom, conflict, noSuchKey } from '../refusals.ts'
import { checkTags } from '../tag-rules.ts'

export const apiKeyOperations = {
  async CreateApiKey(input, call) {
    const context = contextOf(call)
    checkTags(input.tags)
    const stageKeys = (input.stageKeys ?? []).map(({ restApiId, stageName }) => `${restApiId}/${stageName}`)
    for (const stageKey of stageKeys) await checkStageKey(context, stageKey)
    const { key } = await createKey(context, { ...input, stageKeys })
    return answer(key, true)
  },

  async GetApiKey(input, call) {
    const key = await findKey(contextOf(call), input.apiKey)
    return { ...answer(key, input.includeValue), tags: { ...key.doc.tags } }
  },

  GetApiKeys(input, call) {
    const { nameQuery, customerId, includeValues } = input
    const list = `apikeys?${new URLSearchParams({ name: nameQuery ?? '', customer: customerId ?? '' })}`
    const matches = ({ doc }: { doc: ApiKeyRecord }) =>
      (!nameQuery || (doc.name?.startsWith(nameQuery) ?? false)) &&
      (!customerId || doc.customerId === customerId)
    const filter = nameQuery || customerId ? matches : undefined
    return pageOf(
      contextOf(call).records,
      apiKeys,
      '',
      list,
      input,
      key => answer(key, includeValues),
      filter,
    )
  },

  async UpdateApiKey(input, call) {
    const context = contextOf(call)
    const { records, now } = context
    const key = await findKey(context, input.apiKey)
    const doc = { ...applyPatches(PATCHES, key.doc, input.patchOperations), lastUpdatedDate: now }
    checkKeyTexts(doc)
    for (const stageKey of doc.stageKeys) {
      if (!key.doc.stageKeys.includes(stageKey)) await checkStageKey(context, stageKey)
    }
    await commitAndPublish(context, records.change().replace(apiKeys, key, doc), keyOutdated(key.alias!))
    return { ...answer({ id: key.id, doc }), tags: { ...doc.tags } }
  },

  async DeleteApiKey(input, call) {
    const context = contextOf(call)
    const { records } = context
    const key = await findKey(context, input.apiKey)
    const change = records.change().remove(apiKeys, key)
    for (const planId of key.doc.plans) {
      const member = await records.get(planKeys, planId, key.id)
      if (member) change.remove(planKeys, member)
    }
    await commitAndPublish(context, change, keyOutdated(key.alias!))
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

export async function findKey({ records }: Context, id: string): Promise<StoredKey> {
  const key = await records.get(apiKeys, '', id)
  if (!key) throw noSuchKey()
  return key
}

interface NewKey {
  readonly name?: string
  readonly description?: string
  readonly enabled?: boolean
  readonly value?: string
  readonly customerId?: string
  readonly stageKeys?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
}

const keyExists = () => conflict('API Key already exists')

export async function createKey(
  context: Context,
  input: NewKey,
): Promise<{ key: { id: string; doc: ApiKeyRecord }; valueHash: string }> {
  const { records, now } = context
  checkKeyTexts(input)
  if (input.value) checkKeyValue(input.value)
  const value = input.value || apiKeyValue()
  const valueHash = await sha256Hex(value)
  if (await records.byAlias(apiKeys, valueHash)) throw keyExists()
  checkRoom(await records.count(apiKeys, ''), LIMITS.apiKeys, 'API Keys for this account')
  const doc: ApiKeyRecord = {
    value,
    name: input.name || undefined,
    description: input.description,
    customerId: input.customerId,
    enabled: input.enabled ?? false,
    stageKeys: input.stageKeys ?? [],
    createdDate: now,
    lastUpdatedDate: now,
    tags: someTags(input.tags),
    plans: [],
  }
  const id = shortId()
  const change = records.change().create(apiKeys, { parent: '', id }, doc, valueHash)
  await commitAndPublish(context, change, keyOutdated(valueHash))
  return { key: { id, doc }, valueHash }
}

async function checkStageKey(context: Context, stageKey: string): Promise<void> {
  const [apiId = '', stage = ''] = stageKey.split('/')
  await findStage(context, apiId, stage)
}

const PATCHES: PatchTable<ApiKeyRecord> = {
  wording: listingWording,
  rows: {
    '/description': { ops: ['replace'] },
    '/enabled': { ops: ['replace'], value: flag },
    '/name': { ops: ['replace'] },
    '/customerId': { ops: ['replace'] },
    '/stages': {
      ops: ['add', 'remove'],
      apply(draft, { op, value }) {
        if (!value?.includes('/'))
          throw badRequest('Invalid stage key specified. Must be restApiId/stageName')
        draft.stageKeys = listPatchedByValue(draft.stageKeys, op, value)
      },
    },
  },
}

function answer({ id, doc }: { id: string; doc: ApiKeyRecord }, withValue = false): ApiKey {
  return {
    id,
    value: withValue ? doc.value : undefined,
    name: doc.name,
    description: doc.description,
    customerId: doc.customerId,
    enabled: doc.enabled,
    createdDate: date(doc.createdDate),
    lastUpdatedDate: date(doc.lastUpdatedDate),
    stageKeys: [...doc.stageKeys],
    tags: someTags(doc.tags),
  }
}
