import type { Account } from '../lib/account.ts'
import type { NamedFunction } from '../lib/arn.ts'
import type { Cors } from '../lib/cors.ts'
import type { Fields } from '../lib/fields.ts'
import type { RequestLevels } from '../metering/admit-levels.ts'
import { type Guard, Guards } from './authorizers/guards.ts'
import { StageCaching } from './cache/stage-caching.ts'
import type { FunctionUri } from './calls/function-uri.ts'
import { answerPreflight } from './cors.ts'
import { HTTP_METHODS } from './http-methods.ts'
import { type Integrate, prepareIntegration } from './integrations/integrations.ts'
import { type AccessLogFormat, readFormat } from './logs/access-log-format.ts'
import { BinaryMediaTypes } from './media-types.ts'
import { MethodSettingsTable } from './method-settings.ts'
import { MethodUsage } from './method-usage.ts'
import { Models } from './models/models.ts'
import { RequestValidation } from './models/request-validation.ts'
import { PerMethod } from './per-method.ts'
import { requestLevels } from './request-levels.ts'
import { apiNameDimension } from './request-metrics.ts'
import { OwnResponses } from './responses/own-responses.ts'
import { RouteTable } from './route-table.ts'
import type { CanaryPointer, Snapshot, SnapshotMethod, SnapshotResource, StagePointer } from './snapshot.ts'
import { StageMetrics } from './stage-metrics.ts'

/** A snapshot in the form that requests are served from: made once an isolate, and thrown away as a whole. */
export class PreparedApi {
  readonly apiId: string
  readonly account: Account
  readonly apiKeySource: Snapshot['apiKeySource']
  readonly binaryMediaTypes: BinaryMediaTypes
  /** Whether only custom domains lead to the API. */
  readonly disableExecuteApiEndpoint: boolean
  readonly cors: Cors | undefined
  /** Bytes from which on answers are compressed; undefined: never. */
  readonly minimumCompressionSize: number | undefined
  /** Undefined where the gateway's own words are to stay. */
  readonly ownResponses: OwnResponses | undefined
  readonly #routes: RouteTable<PreparedResource>
  readonly #preflight: PreparedMethod | undefined
  /** Weak, so that a stage's old variables go with the pointer that had them. */
  readonly #stages = new WeakMap<StagePointer | CanaryPointer, Stage>()

  constructor(snapshot: Snapshot) {
    this.apiId = snapshot.apiId
    this.account = { id: snapshot.account, region: snapshot.region }
    this.apiKeySource = snapshot.apiKeySource
    this.binaryMediaTypes = new BinaryMediaTypes(snapshot.binaryMediaTypes)
    this.minimumCompressionSize = snapshot.minimumCompressionSize
    this.ownResponses = snapshot.gatewayResponses && new OwnResponses(snapshot.gatewayResponses)
    this.disableExecuteApiEndpoint = snapshot.disableExecuteApiEndpoint ?? false
    this.cors = snapshot.cors
    const guards = new Guards(snapshot)
    this.#preflight = snapshot.cors && new PreflightMethod(guards)
    const models = new Models(snapshot.models ?? {})
    this.#routes = new RouteTable(
      snapshot.resources.map(
        resource => [resource.path, new PreparedResource(resource, guards, models)] as const,
      ),
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

  /** What answers a preflight for the API as a whole: undefined where an OPTIONS method of its own does. */
  preflight(rawPath: string): FoundMethod | undefined {
    const own = this.#routes.match(rawPath, resource => resource.named('OPTIONS'))
    return this.#preflight && !own ? { method: this.#preflight, parameters: null } : undefined
  }

  /**
   * What is the same for all requests of a stage while its pointer does not change. `served`: the stage's own
   * deployment, or its canary. `generation`: the pointer's. `apiName`: as its owner calls it.
   */
  stage(
    name: string,
    pointer: StagePointer,
    served: StagePointer | CanaryPointer = pointer,
    generation = 0,
    apiName?: string,
  ): Stage {
    let stage = this.#stages.get(served)
    if (!stage) {
      stage = new Stage(this, name, pointer, served, generation, apiName)
      this.#stages.set(served, stage)
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
const ANY_OF: ReadonlySet<string> = new Set(HTTP_METHODS)

class PreparedResource {
  readonly #methods: ReadonlyMap<string, PreparedMethod>

  constructor(resource: SnapshotResource, guards: Guards, models: Models) {
    this.#methods = new Map(
      Object.entries(resource.methods).map(([name, method]) => [
        name,
        new PreparedMethod(resource, method, name, guards, RequestValidation.of(method, models)),
      ]),
    )
  }

  named(name: string): PreparedMethod | undefined {
    return this.#methods.get(name)
  }

  /** `ANY` itself is no method that anybody could send. */
  method(httpMethod: string): PreparedMethod | undefined {
    if (!ANY_OF.has(httpMethod)) return undefined
    return this.#methods.get(httpMethod) ?? this.#methods.get('ANY')
  }
}

export class PreparedMethod {
  readonly resourceId: string
  /** As it was defined: `/pets/{id}`. */
  readonly resourcePath: string
  /** As it was defined: `GET`, `ANY`. */
  readonly name: string
  readonly definition: SnapshotMethod
  /** Whether something other than the gateway answers. */
  readonly callsBackEnd: boolean
  /** Whether the back end is given the body from memory; only then is it worth reading ahead. */
  readonly readsBody: boolean
  /** What requests have to have; undefined where nothing is asked of them. */
  readonly validation: RequestValidation | undefined
  readonly #guards: Guards
  #guard: Guard | undefined | null = null
  #integrate: Integrate | undefined

  constructor(
    resource: SnapshotResource,
    definition: SnapshotMethod,
    name: string,
    guards: Guards,
    validation: RequestValidation | undefined,
  ) {
    this.name = name
    this.validation = validation
    this.#guards = guards
    this.resourceId = resource.id
    this.resourcePath = resource.path
    this.definition = definition
    const type = definition.integration?.type
    this.callsBackEnd = type !== undefined && type !== 'MOCK'
    this.readsBody = this.callsBackEnd && type !== 'HTTP_PROXY'
  }

  /** What lets requests pass or not; undefined where everybody may call. */
  get guard(): Guard | undefined {
    if (this.#guard === null) this.#guard = this.#guards.of(this.definition)
    return this.#guard
  }

  /** Made when first needed: an API may have hundreds of methods with templates, and this isolate see one. */
  get integrate(): Integrate {
    this.#integrate ??= prepareIntegration(this.definition.integration)
    return this.#integrate
  }
}

/** Stands in for the OPTIONS methods that an API with CORS need not define. */
class PreflightMethod extends PreparedMethod {
  constructor(guards: Guards) {
    const integration = {
      type: 'MOCK',
      passthroughBehavior: 'NEVER',
      timeoutMs: 0,
      responses: [],
    } as const
    const definition = { authorizationType: 'NONE', apiKeyRequired: false, responses: {}, integration }
    super({ id: '', path: '/*', methods: {} }, definition, 'OPTIONS', guards, undefined)
  }

  override get integrate(): Integrate {
    return answerPreflight
  }
}

export class Stage {
  readonly api: PreparedApi
  /** The API's, as metrics and traces have it. */
  readonly apiName: string
  readonly name: string
  readonly pointer: StagePointer
  /** Of the deployment that is served: the stage's own or its canary's. */
  readonly deploymentId: string
  /** Whether the canary is served; undefined while the stage has none. */
  readonly isCanary: boolean | undefined
  /** Undefined without an access log. */
  readonly accessLog: { readonly destination: string; readonly format: AccessLogFormat } | undefined
  /** Undefined where nothing is set for any method. */
  readonly settings: MethodSettingsTable | undefined
  /** Which meters count a request. */
  readonly levels: PerMethod<RequestLevels>
  /** Counts requests; those that no method fits apart. */
  readonly usage: PerMethod<MethodUsage>
  readonly usageOfNone: MethodUsage
  readonly metrics: StageMetrics
  /** Undefined where no answers are kept. */
  readonly caching: StageCaching | undefined
  readonly variables: Fields
  /** Null without any, as events have it. */
  readonly variablesOrNull: Fields | null
  /** Bindings by the ids of VPC links. */
  readonly links: StagePointer['links']
  readonly #targets = new Map<FunctionUri, NamedFunction | undefined>()

  constructor(
    api: PreparedApi,
    name: string,
    pointer: StagePointer,
    served: StagePointer | CanaryPointer,
    generation: number,
    apiName: string | undefined,
  ) {
    this.api = api
    this.apiName = apiNameDimension(apiName, api.apiId)
    this.name = name
    this.pointer = pointer
    this.isCanary = pointer.canary ? served === pointer.canary : undefined
    this.accessLog = pointer.accessLog && {
      destination: pointer.accessLog.destinationArn,
      format: readFormat(pointer.accessLog.format),
    }
    this.settings = pointer.settings && new MethodSettingsTable(pointer.settings)
    this.levels = requestLevels(api, name, this.settings, generation, pointer.whenUnreachable)
    this.usage = new PerMethod(
      ({ resourcePath }, httpMethod) =>
        new MethodUsage(api.account, api.apiId, name, `${httpMethod} ${resourcePath}`, pointer.countsByKey),
    )
    this.usageOfNone = new MethodUsage(api.account, api.apiId, name, '')
    const measured = { apiName: this.apiName, stage: name, isCanary: this.isCanary === true }
    this.metrics = new StageMetrics(api.account, measured, this.settings)
    this.caching = StageCaching.of(api.apiId, name, pointer, served, this.settings)
    this.deploymentId = served.deploymentId
    this.links = pointer.links
    this.variables = served.variables
    this.variablesOrNull = Object.keys(served.variables).length > 0 ? served.variables : null
  }

  /** The function that a URI names with this stage's variables. */
  target(uri: FunctionUri): NamedFunction | undefined {
    const known = this.#targets.get(uri)
    if (known || this.#targets.has(uri)) return known
    const target = uri.resolve(this.variables, this.api.account)
    this.#targets.set(uri, target)
    return target
  }
}
