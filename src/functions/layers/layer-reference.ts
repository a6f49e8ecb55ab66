import type { Account } from '../../lib/account.ts'
import { arn } from '../../lib/arn.ts'
import { Refusal } from '../../lib/refusal.ts'
import { invalidParameter, notFound } from '../control/function-refusals.ts'

/** A layer, and whose it is: layers may be used by other accounts of the same region. */
interface LayerReference {
  readonly owner: Account
  readonly name: string
}

export interface LayerVersionReference extends LayerReference {
  readonly version: number
}

const LAYER_ARN =
  /^arn:[a-zA-Z0-9-]+:lambda:([a-zA-Z0-9-]+):(\d{12}):layer:([a-zA-Z0-9-_]+)(?::([0-9]{1,10}))?$/

export const layerArn = ({ owner, name }: LayerReference): string => arn('lambda', owner, `layer:${name}`)

export const layerVersionArn = (reference: LayerVersionReference): string =>
  `${layerArn(reference)}:${reference.version}`

/** Reads a `LayerName`, which may be a name or the ARN of a layer without a version. */
export function layerReference(text: string, caller: Account): LayerReference {
  const match = LAYER_ARN.exec(text)
  return match
    ? { owner: { id: match[2]!, region: match[1]! }, name: match[3]! }
    : { owner: caller, name: text }
}

/** Reads the ARN of a layer's version; undefined for what is not one. */
export function layerVersionReference(text: string): LayerVersionReference | undefined {
  const match = LAYER_ARN.exec(text)
  if (match?.[4] === undefined) return undefined
  return { owner: { id: match[2]!, region: match[1]! }, name: match[3]!, version: Number(match[4]) }
}

export function checkLayerVersion(version: number): number {
  if (version < 1) throw invalidParameter('Layer Version Cannot be less than 1')
  return version
}

export const unknownLayerVersion = (): Refusal => notFound('The resource you requested does not exist.')

/** @param resource ARN of the layer or of its version */
export const layerNotPermitted = (callerArn: string, action: string, resource: string): Refusal =>
  new Refusal(
    'AccessDeniedException',
    `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
  )

/** Reads a `LayerName` for an operation that only the layer's owner may do. */
export function ownLayer(
  caller: { readonly account: Account; readonly arn: string },
  text: string,
  action: string,
): LayerReference {
  const reference = layerReference(text, caller.account)
  checkReachable(reference, caller.account)
  if (reference.owner.id !== caller.account.id)
    throw layerNotPermitted(caller.arn, action, layerArn(reference))
  return reference
}

export function checkReachable({ owner }: LayerReference, { region }: Account): void {
  if (owner.region === region) return
  throw notFound(`Layers from '${owner.region}' are not reachable in this region ('${region}')`)
}
