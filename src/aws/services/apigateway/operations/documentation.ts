import type { APIGateway, DocumentationPart, DocumentationVersion } from '@aws-sdk/client-api-gateway'
import {
  type DocumentationPartRecord,
  type DocumentationVersionRecord,
  documentationParts,
  documentationVersions,
} from '../../../../gateway/control/api-parts.ts'
import { type StageRecord, stages } from '../../../../gateway/control/rest-api-records.ts'
import { describeRecords } from '../../../../gateway/openapi/describe-records.ts'
import { documentable } from '../../../../gateway/openapi/documentable.ts'
import {
  type DocumentationLocation,
  fullLocation,
  locationKey,
  shownLocation,
} from '../../../../gateway/openapi/documentation-location.ts'
import { readDefinition } from '../../../../gateway/openapi/read-definition.ts'
import { compact } from '../../../../gateway/openapi/values.ts'
import { shortId } from '../../../../lib/ids.ts'
import { parseJsonObject } from '../../../../lib/json-object.ts'
import type { Platform } from '../../../../platform.ts'
import type { Stored } from '../../../../records/records.ts'
import { takePage } from '../../../../records/take-page.ts'
import type { Handlers, InputOf } from '../../../wire/service.ts'
import { type Context, contextOf, date } from '../context.ts'
import { findStage } from '../find-stage.ts'
import { readBefore, refuse } from '../import/import-definition.ts'
import { MOST_DOCUMENTATION_PARTS, planDocumentation } from '../import/plan-import.ts'
import { pageOf, pageSize, readPosition } from '../pages.ts'
import { applyPatches, type PatchTable, plainWording } from '../patch.ts'
import { badRequest, checkRoom, conflict, notFound } from '../refusals.ts'
import { readMode } from './import-export.ts'
import { findApi } from './rest-apis.ts'

export const documentationOperations = {
  async CreateDocumentationPart(input, call) {
    const context = contextOf(call)
    const { records } = context
    const api = await findApi(context, input.restApiId)
    const location = fullLocation(
      compact({ ...input.location, type: input.location.type ?? '' }) as DocumentationLocation,
    )
    if ('wrong' in location) throw badRequest(location.wrong)
    checkProperties(input.properties)
    const others = await records.all(documentationParts, api.id)
    if (others.some(({ doc }) => locationKey(doc.location) === locationKey(location))) {
      throw conflict(
        `Documentation part already exists for the specified location: ${shownLocation(location)}.`,
      )
    }
    checkRoom(others.length, MOST_DOCUMENTATION_PARTS, 'documentation parts for this API')
    const id = shortId(6)
    const doc: DocumentationPartRecord = { location, properties: input.properties }
    await records.change().create(documentationParts, { parent: api.id, id }, doc).commit()
    return partAnswer({ id, doc })
  },

  async GetDocumentationPart(input, call) {
    return partAnswer(await findPart(contextOf(call), input.restApiId, input.documentationPartId))
  },

  async GetDocumentationParts(input, call) {
    const context = contextOf(call)
    const api = await findApi(context, input.restApiId)
    const { type, path, nameQuery: name, locationStatus } = input
    const list = `documentation-parts/${JSON.stringify([api.id, type, path, name, locationStatus])}`
    const matches = (location: DocumentationLocation): boolean =>
      (!type || location.type === type) &&
      (!path || location.path === path) &&
      (!name || location.name === name)
    if (locationStatus !== 'UNDOCUMENTED') {
      return pageOf(context.records, documentationParts, api.id, list, input, partAnswer, ({ doc }) =>
        matches(doc.location),
      )
    }
    const before = await readBefore(context, api.id)
    const documented = new Set(before.documentationParts.map(({ doc }) => locationKey(doc.location)))
    const after = readPosition(list, input.position)
    const missing = [...documentable(describeRecords({ api: api.doc, ...before }))]
      .filter(location => matches(location) && !documented.has(locationKey(location)))
      .sort((a, b) => (locationKey(a) < locationKey(b) ? -1 : 1))
      .filter(location => after === undefined || locationKey(location) > after)
    const { items, next } = await takePage(list, missing, pageSize(input.limit), location => [
      locationKey(location),
    ])
    return { items: items.map(location => ({ location: locationAnswer(location) })), position: next }
  },

  async UpdateDocumentationPart(input, call) {
    const context = contextOf(call)
    const part = await findPart(context, input.restApiId, input.documentationPartId)
    const doc = applyPatches(PART_PATCHES, part.doc, input.patchOperations)
    checkProperties(doc.properties)
    await context.records.change().replace(documentationParts, part, doc).commit()
    return partAnswer({ id: part.id, doc })
  },

  async DeleteDocumentationPart(input, call) {
    const context = contextOf(call)
    const part = await findPart(context, input.restApiId, input.documentationPartId)
    await context.records.change().remove(documentationParts, part).commit()
    return {}
  },

  /** From an API definition, of which nothing but its texts is taken. */
  async ImportDocumentationParts(input, call) {
    const context = contextOf(call)
    const { records } = context
    const mode = readMode(input.mode)
    const api = await findApi(context, input.restApiId)
    const read = readDefinition(new TextDecoder().decode(input.body as Uint8Array), { basePath: 'ignore' })
    if ('error' in read) throw badRequest(read.error)
    const before = await records.all(documentationParts, api.id)
    const errors: string[] = []
    const { writes, ids } = planDocumentation(before, mode, read.documentation, message =>
      errors.push(message),
    )
    refuse(errors, read.warnings, input.failOnWarnings ?? false)
    await records.change().writeAll(documentationParts, api.id, writes).commit()
    return {
      ids: read.documentation.parts.flatMap(({ location }) => ids.get(locationKey(location)) ?? []),
      warnings: read.warnings.length > 0 ? [...read.warnings] : undefined,
    }
  },

  /** Keeps the parts as they are now under a name, for exports of the stages that name it. */
  async CreateDocumentationVersion(input, call) {
    const context = contextOf(call)
    const { records, now } = context
    const { documentationVersion: id, stageName } = input
    const api = await findApi(context, input.restApiId)
    if (!id.trim()) throw badRequest('Documentation version cannot be empty')
    if (await records.get(documentationVersions, api.id, id)) {
      throw conflict(`Documentation version already exists: ${id}`)
    }
    const parts = await records.all(documentationParts, api.id)
    const doc: DocumentationVersionRecord = {
      createdDate: now,
      description: input.description,
      parts: parts.map(part => ({ id: part.id, ...part.doc })),
    }
    const change = records.change().create(documentationVersions, { parent: api.id, id }, doc)
    if (stageName) {
      const stage = await findStage(context, api.id, stageName)
      change.replace(stages, stage, { ...stage.doc, documentationVersion: id, lastUpdatedDate: now })
    }
    await change.commit()
    return versionAnswer({ id, doc })
  },

  async GetDocumentationVersion(input, call) {
    return versionAnswer(await findVersion(contextOf(call), input.restApiId, input.documentationVersion))
  },

  async GetDocumentationVersions(input, call) {
    const context = contextOf(call)
    await findApi(context, input.restApiId)
    const list = `documentation-versions/${input.restApiId}`
    return pageOf(context.records, documentationVersions, input.restApiId, list, input, versionAnswer)
  },

  async UpdateDocumentationVersion(input, call) {
    const context = contextOf(call)
    const version = await findVersion(context, input.restApiId, input.documentationVersion)
    const doc = applyPatches(VERSION_PATCHES, version.doc, input.patchOperations)
    await context.records.change().replace(documentationVersions, version, doc).commit()
    return versionAnswer({ id: version.id, doc })
  },

  async DeleteDocumentationVersion(input, call) {
    const context = contextOf(call)
    const { records } = context
    const version = await findVersion(context, input.restApiId, input.documentationVersion)
    const using = (await records.all(stages, input.restApiId)).filter(
      ({ doc }) => doc.documentationVersion === version.id,
    )
    if (using.length > 0) {
      throw badRequest(
        `Cannot delete documentation version '${version.id}' because it is associated with the stages ${using.map(({ id }) => id).join(', ')}`,
      )
    }
    await records.change().remove(documentationVersions, version).commit()
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

/** What must hold of the documentation version that a stage names; '' and undefined name none. */
export async function checkDocumentationVersion(
  context: Context,
  apiId: string,
  { documentationVersion: version }: Pick<StageRecord, 'documentationVersion'>,
): Promise<void> {
  if (version) await findVersion(context, apiId, version)
}

async function findPart(
  { records }: Context,
  apiId: string,
  id: string,
): Promise<Stored<DocumentationPartRecord>> {
  const part = await records.get(documentationParts, apiId, id)
  if (!part) throw notFound('Invalid Documentation part identifier specified')
  return part
}

async function findVersion(
  { records }: Context,
  apiId: string,
  id: string,
): Promise<Stored<DocumentationVersionRecord>> {
  const version = await records.get(documentationVersions, apiId, id)
  if (!version) throw notFound('Invalid Documentation version specified')
  return version
}

function checkProperties(properties: string): void {
  if (!parseJsonObject(properties)) {
    throw badRequest('Invalid properties specified: they must be a JSON object')
  }
}

const PART_PATCHES: PatchTable<DocumentationPartRecord> = {
  wording: plainWording,
  rows: { '/properties': { ops: ['replace'], value: properties => properties ?? '' } },
}

const VERSION_PATCHES: PatchTable<DocumentationVersionRecord> = {
  wording: plainWording,
  rows: { '/description': { ops: ['replace'] } },
}

type LocationAnswer = NonNullable<InputOf<APIGateway['createDocumentationPart']>['location']>

const locationAnswer = (location: DocumentationLocation): LocationAnswer => location as LocationAnswer

const partAnswer = ({ id, doc }: { id: string; doc: DocumentationPartRecord }): DocumentationPart => ({
  id,
  location: locationAnswer(doc.location),
  properties: doc.properties,
})

const versionAnswer = ({
  id,
  doc,
}: {
  id: string
  doc: DocumentationVersionRecord
}): DocumentationVersion => ({
  version: id,
  createdDate: date(doc.createdDate),
  description: doc.description,
})
