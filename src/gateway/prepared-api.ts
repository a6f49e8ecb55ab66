import type { Account } from '../lib/account.ts'
import type { NamedFunction } from '../lib/arn.ts'
import type { Fields } from '../lib/fields.ts'
import type { FunctionUri } from './function-target.ts'
import { type Integrate, prepareIntegration } from './integrations/integrations.ts'
import { BinaryMediaTypes } from './media-types.ts'
import { RouteTable } from './route-table.ts'
import type { Snapshot, SnapshotMethod, SnapshotResource, StagePointer } from './snapshot.ts'

/** A snapshot in the form that requests are served from: made once an isolate, and thrown away as a whole. */
export class PreparedApi {
  readonly apiId: string
  readonly account: Account
  readonly apiKeySource: Snapshot['apiKeySource']
  readonly binaryMediaTypes: BinaryMediaTypes
  readonly #routes: RouteTable<PreparedResource>
  /** Weak, so that a stage's old variables go with the pointer that had them. */
  readonly #stages = new WeakMap<StagePointer, Stage>()

  constructor(snapshot: Snapshot) {
    this.apiId = snapshot.apiId
    this.account = { id: snapshot.account, region: snapshot.region }
    this.apiKeySource = snapshot.apiKeySource
    this.binaryMediaTypes = new BinaryMediaTypes(snapshot.binaryMediaTypes)
    this.#routes = new RouteTable(
      snapshot.resources.map(resource => [resource.path, new PreparedResource(resource)] as const),
    )
  }

  /**
   * The method that serves a request; undefined when there is none. A resource whose path fits but which lacks the
   * method is passed over for a more general one.
   */
  find(httpMethod: string, rawPath: string): FoundMethod | undefined {
    const route = this.#routes.match(rawPath, resource => resource.method(httpMethod))
    return route && { method: route.value, parameters: route.parameters }
  }

  /** What is the same for all requests of a stage while its pointer does not change. */
  stage(name: string, pointer: StagePointer): Stage {
    let stage = this.#stages.get(pointer)
    if (!stage) {
      stage = new Stage(name, pointer)
      this.#stages.set(pointer, stage)
    }
    return stage
  }
}

export interface FoundMethod {
  readonly method: PreparedMethod
  /** As sent; null when the resource's path has no variables. */
  readonly parameters: Fields | null
}

/** The methods that `ANY` stands for. */
const ANY_OF: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])

class PreparedResource {
  readonly #methods: ReadonlyMap<string, PreparedMethod>

  constructor(resource: SnapshotResource) {
    this.#methods = new Map(
      Object.entries(resource.methods).map(([name, method]) => [name, new PreparedMethod(resource, method)]),
    )
  }

  method(httpMethod: string): PreparedMethod | undefined {
    return this.#methods.get(httpMethod) ?? (ANY_OF.has(httpMethod) ? this.#methods.get('ANY') : undefined)
  }
}

export class PreparedMethod {
  readonly resourceId: string
  /** As it was defined: `/pets/{id}`. */
  readonly resourcePath: string
  readonly definition: SnapshotMethod
  /** Whether something other than the gateway answers; only then is a body worth reading ahead. */
  readonly callsBackEnd: boolean
  #integrate: Integrate | undefined

  constructor(resource: SnapshotResource, definition: SnapshotMethod) {
    this.resourceId = resource.id
    this.resourcePath = resource.path
    this.definition = definition
    this.callsBackEnd = definition.integration !== undefined && definition.integration.type !== 'MOCK'
  }

  /** Made when first needed: an API may have hundreds of methods with templates, and this isolate see one. */
  get integrate(): Integrate {
    this.#integrate ??= prepareIntegration(this.definition.integration)
    return this.#integrate
  }
}

export class Stage {
  readonly name: string
  readonly deploymentId: string
  readonly variables: Fields
  /** Null without any, as events have it. */
  readonly variablesOrNull: Fields | null
  readonly #targets = new Map<FunctionUri, NamedFunction | undefined>()

  constructor(name: string, pointer: StagePointer) {
    this.name = name
    this.deploymentId = pointer.deploymentId
    this.variables = pointer.variables
    this.variablesOrNull = Object.keys(pointer.variables).length > 0 ? pointer.variables : null
  }

  /** The function that a URI names with this stage's variables. */
  target(uri: FunctionUri): NamedFunction | undefined {
    const known = this.#targets.get(uri)
    if (known || this.#targets.has(uri)) return known
    const target = uri.resolve(this.variables)
    this.#targets.set(uri, target)
    return target
  }
}
