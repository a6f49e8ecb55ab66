import type { UsedLayer } from '../control/function-records.ts'
import { invalidParameter } from '../control/function-refusals.ts'
import { LIMITS } from '../control/limits.ts'
import { findLayerVersion, type LayerCaller } from './find-layer-version.ts'
import {
  type LayerVersionReference,
  layerArn,
  layerNotPermitted,
  layerVersionReference,
} from './layer-reference.ts'

/**
 * What a function keeps of the layers that it names, in their order: enough to go on using a version that is deleted
 * later. Whether a layer says that it is made for the function's runtime or architecture makes no difference, as on
 * Lambda: that is for lists to filter by.
 *
 * @param arns of layers' versions
 */
export async function useLayers(caller: LayerCaller, arns: readonly string[]): Promise<UsedLayer[]> {
  if (arns.length > LIMITS.layers)
    throw invalidParameter(`Cannot reference more than ${LIMITS.layers} layers.`)
  const used = await Promise.all(arns.map(arn => useLayer(caller, arn)))
  const seen = new Map<string, string>()
  for (const { arn } of used) {
    const layer = layerArn(layerVersionReference(arn)!)
    const other = seen.get(layer)
    if (other !== undefined) {
      throw invalidParameter(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn} are versions of the same layer.`,
      )
    }
    seen.set(layer, arn)
  }
  return used
}

async function useLayer(caller: LayerCaller, arn: string): Promise<UsedLayer> {
  const reference = layerVersionReference(arn)
  if (!reference) throw doesNotExist(arn)
  checkRegion(caller, arn, reference)
  const found = await findLayerVersion(caller, reference)
  if (!found) throw doesNotExist(arn)
  const { code, codeSize, unpackedSize } = found.doc
  return { arn, code, codeSize, unpackedSize }
}

function checkRegion(
  { account, arn: callerArn }: LayerCaller,
  arn: string,
  { owner }: LayerVersionReference,
) {
  if (owner.region === account.region) return
  if (owner.id !== account.id) throw layerNotPermitted(callerArn, 'lambda:GetLayerVersion', arn)
  throw invalidParameter(
    `Layers are not in the same region as the function. Layers are expected to be in region ${account.region}.`,
  )
}

const doesNotExist = (arn: string) => invalidParameter(`Layer version ${arn} does not exist.`)

/** Refuses code that leaves no room for its layers, in the words of an upload. */
export function checkCodeBesideLayers(unpackedSize: number, layers: readonly UsedLayer[]): void {
  const room = LIMITS.unzippedBytes - sizeOf(layers)
  if (layers.length > 0 && unpackedSize > room) {
    throw invalidParameter(`Unzipped size must be smaller than ${Math.max(0, room)} bytes`)
  }
}

/** Refuses layers that do not fit beside a function's code. */
export function checkLayersBesideCode(unpackedSize: number, layers: readonly UsedLayer[]): void {
  const size = unpackedSize + sizeOf(layers)
  if (layers.length === 0 || size <= LIMITS.unzippedBytes) return
  throw invalidParameter(
    `Function code combined with layers exceeds the maximum allowed size of ${LIMITS.unzippedBytes} bytes. The actual size is ${size} bytes.`,
  )
}

const sizeOf = (layers: readonly UsedLayer[]): number =>
  layers.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0)
