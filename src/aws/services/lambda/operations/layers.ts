import type { Architecture, LayerVersionsListItem, Runtime } from '@aws-sdk/client-lambda'
import { invalidParameter } from '../../../../functions/control/function-refusals.ts'
import { storeCode } from '../../../../functions/control/store-code.ts'
import { findLayerVersion } from '../../../../functions/layers/find-layer-version.ts'
import {
  type LayerRecord,
  type LayerVersionRecord,
  layers,
  layerVersionId,
  layerVersionOf,
  layerVersions,
} from '../../../../functions/layers/layer-records.ts'
import {
  checkLayerVersion,
  type LayerVersionReference,
  layerArn,
  layerReference,
  layerVersionArn,
  layerVersionReference,
  ownLayer,
  unknownLayerVersion,
} from '../../../../functions/layers/layer-reference.ts'
import { modify } from '../../../../records/modify.ts'
import type { Page, Records, Stored } from '../../../../records/records.ts'
import { locateCode } from '../code-location.ts'
import { type Context, contextOf, type LambdaHandlers, layerCaller, timestamp } from '../context.ts'
import { codeSha256 } from '../describe-function.ts'
import { byId, pageOf } from '../pages.ts'
import { receivedZip } from '../receive-code.ts'

export const layerOperations = {
  async PublishLayerVersion(input, call) {
    const context = contextOf(call)
    const { account, records, platform } = context
    const { name } = ownLayer(layerCaller(context), input.LayerName, 'lambda:PublishLayerVersion')
    if (Object.values(input.Content).every(member => member === undefined)) {
      throw invalidParameter('Please provide a source for layer content.')
    }
    const code = await storeCode(platform.env.STORE, receivedZip(input.Content))
    const record: LayerVersionRecord = {
      description: input.Description ?? '',
      runtimes: input.CompatibleRuntimes,
      architectures: input.CompatibleArchitectures,
      license: input.LicenseInfo,
      createdDate: timestamp(platform),
      code: code.hash,
      codeSize: code.size,
      unpackedSize: code.unpackedSize,
    }
    const version = await modify(async () => {
      const layer = await records.get(layers, '', name)
      const { newest, count, bytes } = layer?.doc ?? { newest: 0, count: 0, bytes: 0 }
      const next = { newest: newest + 1, count: count + 1, bytes: bytes + code.size }
      const change = records.change()
      if (layer) change.replace(layers, layer, next)
      else change.create(layers, { parent: '', id: name }, next)
      await change.create(layerVersions, { parent: name, id: layerVersionId(next.newest) }, record).commit()
      return next.newest
    })
    return describe(context, { owner: account, name, version }, record)
  },

  async GetLayerVersion(input, call) {
    const context = contextOf(call)
    const version = checkLayerVersion(input.VersionNumber)
    return getVersion(context, { ...layerReference(input.LayerName, context.account), version })
  },

  async GetLayerVersionByArn(input, call) {
    const reference = layerVersionReference(input.Arn)
    if (!reference) throw unknownLayerVersion()
    return getVersion(contextOf(call), reference)
  },

  async DeleteLayerVersion(input, call) {
    const context = contextOf(call)
    const { records } = context
    const version = checkLayerVersion(input.VersionNumber)
    const { name } = ownLayer(layerCaller(context), input.LayerName, 'lambda:DeleteLayerVersion')
    await modify(async () => {
      const found = await records.get(layerVersions, name, layerVersionId(version))
      const layer = found && (await records.get(layers, '', name))
      // A version that is not there is deleted already.
      if (!layer) return
      const { newest, count, bytes } = layer.doc
      await records
        .change()
        .remove(layerVersions, found)
        .replace(layers, layer, { newest, count: count - 1, bytes: bytes - found.doc.codeSize })
        .commit()
    })
    return {}
  },

  async ListLayerVersions(input, call) {
    const context = contextOf(call)
    const { name, owner } = ownLayer(layerCaller(context), input.LayerName, 'lambda:ListLayerVersions')
    const wanted = filterOf(input)
    const { items, NextMarker } = await pageOf(
      `layers/${name}/${wanted.name}`,
      input,
      ([after], batch) => matchingVersions(context.records, name, wanted, batch, after),
      byId,
    )
    const LayerVersions = items.map(({ id, doc }) =>
      listed({ owner, name, version: layerVersionOf(id) }, doc),
    )
    return { LayerVersions, NextMarker }
  },

  async ListLayers(input, call) {
    const { account, records } = contextOf(call)
    const wanted = filterOf(input)
    const { items, NextMarker } = await pageOf(
      `layers/${wanted.name}`,
      input,
      ([after], batch) => newestVersions(records, wanted, batch, after),
      ({ name }) => [name],
    )
    return {
      Layers: items.map(({ name, id, doc }) => {
        const reference = { owner: account, name, version: layerVersionOf(id) }
        return {
          LayerName: name,
          LayerArn: layerArn(reference),
          LatestMatchingVersion: listed(reference, doc),
        }
      }),
      NextMarker,
    }
  },
} satisfies LambdaHandlers

async function getVersion(context: Context, reference: LayerVersionReference) {
  const found = await findLayerVersion(layerCaller(context), reference)
  if (!found) throw unknownLayerVersion()
  return describe(context, reference, found.doc)
}

async function describe(context: Context, reference: LayerVersionReference, record: LayerVersionRecord) {
  const { Location } = await locateCode(context, record.code)
  return {
    ...listed(reference, record),
    LayerArn: layerArn(reference),
    Content: { Location, CodeSha256: codeSha256(record.code), CodeSize: record.codeSize },
  }
}

/** A version as lists answer it: without its content. */
const listed = (reference: LayerVersionReference, record: LayerVersionRecord): LayerVersionsListItem => ({
  LayerVersionArn: layerVersionArn(reference),
  Version: reference.version,
  Description: record.description,
  CreatedDate: record.createdDate,
  CompatibleRuntimes: record.runtimes && ([...record.runtimes] as Runtime[]),
  CompatibleArchitectures: record.architectures && ([...record.architectures] as Architecture[]),
  LicenseInfo: record.license,
})

interface Filter {
  /** Tells lists with other filters apart. */
  readonly name: string
  matches(record: LayerVersionRecord): boolean
}

/** A version that does not say what it is made for is not among those that are made for something. */
const filterOf = ({
  CompatibleRuntime: runtime,
  CompatibleArchitecture: architecture,
}: {
  readonly CompatibleRuntime?: string
  readonly CompatibleArchitecture?: string
}): Filter => ({
  name: `${runtime ?? ''}/${architecture ?? ''}`,
  matches: ({ runtimes, architectures }) =>
    (runtime === undefined || (runtimes?.includes(runtime) ?? false)) &&
    (architecture === undefined || (architectures?.includes(architecture) ?? false)),
})

/** Newest first. */
async function* matchingVersions(
  records: Records,
  name: string,
  wanted: Filter,
  batch: number,
  after?: string,
): AsyncGenerator<Stored<LayerVersionRecord>> {
  for await (const version of records.each(layerVersions, name, { after, batch })) {
    if (wanted.matches(version.doc)) yield version
  }
}

/** Versions of one read; without a filter the first one is it. */
const BATCH = 20

/** Of each layer the newest version that matches, with the layer's name. */
async function* newestVersions(records: Records, wanted: Filter, batch: number, after?: string) {
  let last = after
  do {
    const page: Page<LayerRecord> = await records.list(layers, '', { after: last, limit: batch })
    const named = page.items.filter(({ doc }) => doc.count > 0)
    // Side by side: one after the other would take as many round trips as there are layers.
    yield* (await Promise.all(named.map(({ id }) => newestMatching(records, id, wanted)))).filter(
      found => found !== undefined,
    )
    last = page.next
  } while (last !== undefined)
}

async function newestMatching(records: Records, name: string, wanted: Filter) {
  for await (const version of matchingVersions(records, name, wanted, BATCH)) return { name, ...version }
  return undefined
}
