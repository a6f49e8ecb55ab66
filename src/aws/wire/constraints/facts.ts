/**
 * What AWS's model of a service says about the input of its operations, as
 * `scripts/generate-model-facts.ts` writes it. Shapes stand in one table and refer to each other by index, so
 * that they may be recursive and equal ones are stored once.
 */
export interface ServiceFacts {
  /** Which model these are from, e.g. `botocore 1.43.107`. */
  readonly source: string
  readonly serviceId: string
  /** As botocore names them: `rest-json`, `json`, `query`, `rest-xml`, `ec2`, `smithy-rpc-v2-cbor`. */
  readonly protocol: string
  readonly apiVersion: string
  readonly signingName: string
  readonly endpointPrefix: string
  /** What stands before the operation's name in `X-Amz-Target`. */
  readonly targetPrefix?: string
  readonly jsonVersion?: string
  readonly xmlNamespace?: string
  readonly wording?: Wording
  /** Every operation of the model, built or not. */
  readonly operations: Readonly<Record<string, OperationFacts>>
  readonly shapes: readonly Shape[]
}

/** How a service's validation messages deviate from what most of AWS's services write. */
export interface Wording {
  /** Members of the body are spoken of as members of `<operation>Input`, e.g. `createRestApiInput.name`. */
  readonly bodyMember?: true
  /** A wrong type is named by its Java class instead of by its JSON token. */
  readonly javaTypes?: true
  /** Entries of maps without a value are no fault. */
  readonly nullEntries?: true
}

/**
 * `outside` lists the members that travel in the path, query or headers; it is there only where
 * {@link Wording.bodyMember} needs it.
 */
export type OperationFacts = readonly [
  method: string,
  uri: string,
  input?: number,
  outside?: readonly string[],
]

export interface Limits {
  /** Least length or value. A limit that a double cannot hold is written as a string. */
  readonly min?: number | string
  readonly max?: number | string
  /** A Java regular expression that the whole string has to match. */
  readonly pattern?: string
  readonly enum?: readonly string[]
  /** The value is not repeated in messages. */
  readonly sensitive?: 1
  /** AWS names `Member must not be null` among the constraints of this collection's elements. */
  readonly elementsNotNull?: 1
}

export type NumberKind = 'integer' | 'long' | 'float' | 'double'
export type ScalarKind = 'string' | 'blob' | 'boolean' | 'timestamp' | NumberKind

export type ScalarShape = readonly [kind: ScalarKind, limits?: Limits]
export type ListShape = readonly [kind: 'list', element: number, limits?: Limits]
export type MapShape = readonly [kind: 'map', key: number, value: number, limits?: Limits]
export type StructureShape = readonly [
  kind: 'structure',
  name: string,
  members: Readonly<Record<string, number>>,
  required?: readonly string[],
  limits?: Pick<Limits, 'sensitive'>,
]
/** Documents, byte streams and event streams: nothing of them is checked. */
export type AnyShape = readonly [kind: 'any']

export type Shape = ScalarShape | ListShape | MapShape | StructureShape | AnyShape

/** Types a generated table; an imported JSON module loses the tuples that the generator wrote. */
export const serviceFacts = (table: unknown): ServiceFacts => table as ServiceFacts

export function shapeAt(facts: ServiceFacts, index: number): Shape {
  const shape = facts.shapes[index]
  if (!shape) throw new Error(`The facts of ${facts.serviceId} have no shape ${index}`)
  return shape
}

/** @throws if the model does not know the operation: the SDK's schemas and the facts are of different versions */
export function operationAt(facts: ServiceFacts, operation: string): OperationFacts {
  const found = Object.hasOwn(facts.operations, operation) ? facts.operations[operation] : undefined
  if (!found) throw new Error(`The facts of ${facts.serviceId} (${facts.source}) have no ${operation}`)
  return found
}

export function limitsOf(shape: Shape): Limits {
  const limits = shape[0] === 'structure' ? shape[4] : shape[0] === 'map' ? shape[3] : undefined
  if (limits) return limits
  if (shape[0] === 'list') return shape[2] ?? NONE
  return shape[0] === 'structure' || shape[0] === 'map' || shape[0] === 'any' ? NONE : (shape[1] ?? NONE)
}

const NONE: Limits = {}
