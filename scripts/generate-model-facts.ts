// Writes what a service's input constraints are, as the Worker's bundle carries it:
//
//   node scripts/generate-model-facts.ts <service-2.json or .json.gz> <facts.generated.json> <source>
//
// The models are botocore's, which AWS generates from the ones its services validate with; the SDK's own schemas
// carry no constraints. They are files of the PyPI package `botocore`, `botocore/data/<service>/<version>/`; take
// the release of about the day of the `@aws-sdk/client-*` in package.json, and name it as the source:
//
//   pip download --no-deps botocore==1.43.107
//   unzip botocore-1.43.107-py3-none-any.whl 'botocore/data/lambda/*'
//   node scripts/generate-model-facts.ts botocore/data/lambda/2015-03-31/service-2.json.gz \
//     src/aws/services/lambda/facts.generated.json 'botocore 1.43.107'
//
// Only shapes that inputs reach are written, each scalar, list and map once.

import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type {
  Limits,
  OperationFacts,
  ScalarKind,
  ServiceFacts,
  Shape,
  Wording,
} from '../src/aws/wire/constraints/facts.ts'

/** What a service-2.json holds, as far as it is used here. */
export interface Model {
  readonly metadata: Readonly<Record<string, unknown>>
  readonly operations: Readonly<Record<string, ModelOperation>>
  readonly shapes: Readonly<Record<string, ModelShape>>
}

interface ModelOperation {
  readonly http: { readonly method: string; readonly requestUri: string }
  readonly input?: { readonly shape: string }
}

interface ModelShape {
  readonly type: string
  readonly min?: number | string
  readonly max?: number | string
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: boolean
  readonly streaming?: boolean
  readonly eventstream?: boolean
  readonly document?: boolean
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, ModelMember>>
  readonly member?: ModelMember
  readonly key?: ModelMember
  readonly value?: ModelMember
}

interface ModelMember {
  readonly shape: string
  readonly location?: string
  readonly streaming?: boolean
}

interface Deviation {
  readonly wording?: Wording
  /** Lists and maps whose messages do not name `Member must not be null`; all others of the service do. */
  readonly elementsMayBeNull?: readonly string[]
}

/** How services write validation messages otherwise than most do: not in the models, recorded against AWS. */
const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  // `layers`, `architectures`, `cors.allowMethods` and `additionalVersionWeights` name it, `vpcConfig.*Ids` do not.
  Lambda: { elementsMayBeNull: ['SubnetIds', 'SecurityGroupIds'] },
  // 'createRestApiInput.endpointConfiguration.types', but 'statusCode' and 'responseType', which are in the path;
  // `class java.lang.Boolean can not be converted to an String`.
  'API Gateway': { wording: { bodyMember: true, javaTypes: true } },
  // amazon-cognito-identity-js sends `"DEVICE_KEY": null` when it refreshes tokens without a device.
  'Cognito Identity Provider': { wording: { nullEntries: true } },
}

const KINDS: Readonly<Record<string, ScalarKind>> = {
  string: 'string',
  character: 'string',
  blob: 'blob',
  boolean: 'boolean',
  timestamp: 'timestamp',
  integer: 'integer',
  long: 'long',
  float: 'float',
  double: 'double',
}

/** @param source which model this is, e.g. `botocore 1.43.107` */
export function factsOf(model: Model, source: string): ServiceFacts {
  const text = (key: string) => model.metadata[key] as string | undefined
  const serviceId = text('serviceId')
  const protocol = text('protocol')
  const apiVersion = text('apiVersion')
  const endpointPrefix = text('endpointPrefix')
  if (!serviceId || !protocol || !apiVersion || !endpointPrefix)
    throw new Error('This is not a service model')
  const deviation = DEVIATIONS[serviceId] ?? {}
  const table = new ShapeTable(model, deviation)
  const operations: Record<string, OperationFacts> = {}
  for (const [name, { http, input }] of Object.entries(model.operations)) {
    if (!input) operations[name] = [http.method, http.requestUri]
    else {
      const outside = deviation.wording?.bodyMember ? outsideBody(model.shapes[input.shape]!) : []
      const index = table.indexOf(input.shape)
      operations[name] =
        outside.length > 0
          ? [http.method, http.requestUri, index, outside]
          : [http.method, http.requestUri, index]
    }
  }
  return {
    source,
    serviceId,
    protocol,
    apiVersion,
    signingName: text('signingName') ?? endpointPrefix,
    endpointPrefix,
    ...(text('targetPrefix') && { targetPrefix: text('targetPrefix') }),
    ...(text('jsonVersion') && { jsonVersion: text('jsonVersion') }),
    ...(text('xmlNamespace') && { xmlNamespace: text('xmlNamespace') }),
    ...(deviation.wording && { wording: deviation.wording }),
    operations,
    shapes: table.shapes,
  }
}

const outsideBody = (input: ModelShape): string[] =>
  Object.entries(input.members ?? {})
    .filter(([, member]) => member.location !== undefined)
    .map(([name]) => name)

class ShapeTable {
  readonly shapes: Shape[] = []
  readonly #model: Model
  readonly #deviation: Deviation
  readonly #byName = new Map<string, number>()
  readonly #byContent = new Map<string, number>()

  constructor(model: Model, deviation: Deviation) {
    this.#model = model
    this.#deviation = deviation
  }

  indexOf(name: string): number {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const shape = this.#model.shapes[name]
    if (!shape) throw new Error(`The model has no shape ${name}`)
    const index =
      shape.type === 'structure' && !shape.document && !shape.eventstream
        ? this.#structure(name, shape)
        : this.#shared(this.#content(name, shape))
    this.#byName.set(name, index)
    return index
  }

  /** The index is taken before the members are looked at, which may lead back here. */
  #structure(name: string, shape: ModelShape): number {
    const index = this.shapes.push(['any']) - 1
    this.#byName.set(name, index)
    const members: Record<string, number> = {}
    for (const [memberName, member] of Object.entries(shape.members ?? {})) {
      members[memberName] = member.streaming ? this.#shared(['any']) : this.indexOf(member.shape)
    }
    const required = shape.required ?? []
    if (shape.sensitive) this.shapes[index] = ['structure', name, members, required, { sensitive: 1 }]
    else if (required.length > 0) this.shapes[index] = ['structure', name, members, required]
    else this.shapes[index] = ['structure', name, members]
    return index
  }

  #content(name: string, shape: ModelShape): Shape {
    if (shape.document || shape.eventstream || shape.streaming) return ['any']
    if (shape.type !== 'list' && shape.type !== 'map') {
      const kind = KINDS[shape.type]
      if (!kind) throw new Error(`The shape ${name} is of an unknown type: ${shape.type}`)
      const limits = limitsOf(shape)
      return Object.keys(limits).length > 0 ? [kind, limits] : [kind]
    }
    const elements = (shape.type === 'list' ? shape.member : shape.value)!
    const limits = { ...limitsOf(shape), ...this.#elementLimits(name, elements.shape) }
    const some = Object.keys(limits).length > 0
    const element = this.indexOf(elements.shape)
    if (shape.type === 'list') return some ? ['list', element, limits] : ['list', element]
    const key = this.indexOf(shape.key!.shape)
    return some ? ['map', key, element, limits] : ['map', key, element]
  }

  /** Of no consequence where elements have no constraints of their own. */
  #elementLimits(name: string, element: string): Limits {
    const mayBeNull = this.#deviation.elementsMayBeNull
    if (!mayBeNull || mayBeNull.includes(name)) return {}
    const { min, max, pattern, enum: values } = this.#model.shapes[element]!
    return (min ?? max ?? pattern ?? values) === undefined ? {} : { elementsNotNull: 1 }
  }

  #shared(shape: Shape): number {
    const content = JSON.stringify(shape)
    let index = this.#byContent.get(content)
    if (index === undefined) {
      index = this.shapes.push(shape) - 1
      this.#byContent.set(content, index)
    }
    return index
  }
}

function limitsOf(shape: ModelShape): Limits {
  return {
    ...(shape.min !== undefined && { min: shape.min }),
    ...(shape.max !== undefined && { max: shape.max }),
    ...(shape.pattern !== undefined && { pattern: shape.pattern }),
    ...(shape.enum && { enum: shape.enum }),
    ...(shape.sensitive && { sensitive: 1 }),
  }
}

/** Integers that a double cannot hold become strings. */
export function readModel(path: string): Model {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const exact = (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? (context?.source ?? value)
      : value
  return JSON.parse(text, exact) as Model
}

/** One operation and one shape a line, so that a newer model shows as a readable difference. */
export function print(facts: ServiceFacts): string {
  const { operations, shapes, ...service } = facts
  const head = JSON.stringify(service).slice(0, -1)
  const names = Object.entries(operations).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  )
  const rows = shapes.map(shape => JSON.stringify(shape))
  return `${head},\n"operations":{\n${names.join(',\n')}\n},\n"shapes":[\n${rows.join(',\n')}\n]}\n`
}

if (import.meta.main) {
  const [modelPath, factsPath, source] = process.argv.slice(2)
  if (!modelPath || !factsPath || !source) {
    console.error(
      'usage: node scripts/generate-model-facts.ts <service-2.json[.gz]> <facts.generated.json> <source>',
    )
    process.exit(2)
  }
  const facts = factsOf(readModel(modelPath), source)
  const printed = print(facts)
  writeFileSync(factsPath, printed)
  const { length: operations } = Object.keys(facts.operations)
  console.log(
    `${factsPath}: ${operations} operations, ${facts.shapes.length} shapes, ${printed.length} bytes`,
  )
}
