import type { NormalizedSchema } from '@smithy/core/schema'
import type { Refusal } from '../../lib/refusal.ts'
import type { ServiceFacts } from './constraints/facts.ts'
import { type ErrorShape, errorsOf, type Operation, operationsOf, type SchemaModule } from './operations.ts'
import { type RouteMatch, restRouter } from './rest-routes.ts'

/** Who a verified signature belongs to. With neither `role` nor `user` it is the account's root. */
export interface Identity {
  /** Twelve digits; '' of {@link ANONYMOUS}. */
  readonly account: string
  readonly arn: string
  readonly accessKeyId: string
  /** ARN of the role whose session this is. */
  readonly role?: string
  /** ARN of the IAM user, also of its sessions (`GetSessionToken`). */
  readonly user?: string
  /** Condition keys that the session brings along, beside those of every request. */
  readonly session?: Readonly<Record<string, string | readonly string[]>>
  /** Policies that the session was given when it began, JSON texts and ARNs of managed ones: they limit it further. */
  readonly sessionPolicies?: readonly string[]
  /** Keys of the session's tags that go on into the sessions of roles that it assumes. */
  readonly transitiveTags?: readonly string[]
  /** The service that acts in the role; absent when somebody assumed it. */
  readonly service?: string
}

/** Whoever calls an operation that asks for no signature. */
export const ANONYMOUS: Identity = { account: '', arn: '', accessKeyId: '' }

/** A caller whose identity was established before the request came here, and what it calls if no scope says so. */
export interface AdmittedCaller {
  readonly ok: true
  readonly identity: Identity
  /** As a signature's scope would name it. */
  readonly service: string
  readonly region: string
  /** The operations that it may call; absent: those that its permissions say. */
  readonly operations?: ReadonlySet<string>
}

/** One call of an operation. `P` is what the services stand on: bindings, stores, the clock. */
export interface Call<P> {
  readonly operation: string
  /** Whose resources are meant: the caller's, unless a service says otherwise; '' when nobody signed. */
  readonly account: string
  /** As the signature says; '' when nobody signed. */
  readonly region: string
  readonly identity: Identity
  readonly requestId: string
  /** `X-Amzn-Trace-Id` of the request: the chain of calls that it is part of. */
  readonly traceId?: string
  /** Address of the client; undefined when a function or Weir itself calls. */
  readonly sourceIp?: string
  readonly platform: P
}

// A required member is `X | undefined` in the SDK's input types; after the constraint check it is there.
type Checked<I> = {
  [K in keyof I as Record<string, never> extends Pick<I, K> ? never : K]: Exclude<I[K], undefined>
} & {
  [K in keyof I as Record<string, never> extends Pick<I, K> ? K : never]?: Exclude<I[K], undefined>
}

type Answer<O> = {
  [K in keyof O as K extends '$metadata' ? never : K]: NonNullable<O[K]> extends Uint8Array
    ? Uint8Array | undefined
    : O[K]
}

// biome-ignore lint/suspicious/noExplicitAny: the last overload of every method of the SDK's clients has this form
type ClientMethod<I, O> = (args: I, options: any, callback: (error: any, data?: O) => void) => void

export type InputOf<M> = M extends ClientMethod<infer I, infer _> ? Checked<I> : never
export type OutputOf<M> = M extends ClientMethod<infer _, infer O> ? Answer<O> : never

/** Handlers of a service, typed from the SDK's aggregated client (`Lambda`, `APIGateway`, ...). */
export type Handlers<Client, P> = {
  [K in keyof Client as Client[K] extends (...args: never[]) => unknown ? Capitalize<K & string> : never]?: (
    input: InputOf<Client[K]>,
    call: Call<P>,
  ) => Promise<OutputOf<Client[K]>>
}

/** A handler as the wire calls it; {@link Handlers} gives the types. */
// biome-ignore lint/suspicious/noExplicitAny: erased at the boundary between generic wire and typed services
export type Handler<P> = (input: any, call: Call<P>) => Promise<any>

/** A permission that an operation asks for, in the words of IAM's policies. */
export interface Need {
  /** `lambda:InvokeFunction` */
  readonly action: string
  /** An ARN, or `*` where the operation is about no one resource. */
  readonly resource: string
  /** Condition keys that the operation itself knows. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>
  /** Tags of the resource; read only when a policy asks for them. */
  readonly tags?: () => Promise<Readonly<Record<string, string>> | undefined>
  /** Whether the resource's own policy has to allow it, too, whoever asks. */
  readonly letIn?: boolean
}

/** Of the request that asks for permission. */
export interface Sent {
  readonly method: string
  readonly rawPath: string
  readonly headers: Headers
}

/** Says no to a call, as a value; undefined lets it pass. */
export type Authorize<P> = (
  input: unknown,
  call: Call<P>,
  service: Service<P>,
  sent: Sent,
) => Promise<Refusal | undefined>

export interface ServiceDefinition<P> {
  /** Name in a signature's scope. */
  readonly signingName: string
  readonly schemas: SchemaModule
  readonly facts: ServiceFacts
  readonly handlers: Readonly<Record<string, Handler<P> | undefined>>
  /** Codes this service uses for failures that the wire itself finds. */
  readonly codes: WireCodes
  /**
   * The permissions of an operation, all of which a caller must have; none where everybody may. Absent: the
   * operation's own name as the action, on `*`.
   */
  // biome-ignore lint/suspicious/noExplicitAny: inputs are as the handlers' are, see Handler
  readonly needs?: (input: any, call: Call<P>, sent: Sent) => readonly Need[] | Promise<readonly Need[]>
  /** Whether resources of other accounts can be meant, which have to let in even an account's root. */
  readonly reachesOthers?: boolean
  /** Content types of answers whose body is one binary member, by operation. */
  readonly payloadTypes?: Readonly<Record<string, string>>
  /**
   * Operations that take no signature: their input says who asks, if anything does. They are called as
   * {@link ANONYMOUS}, with '' for account and region, whether a request is signed or not.
   */
  readonly unsigned?: ReadonlySet<string>
  /** Bytes of request body at most, by operation; the default is 1 MiB. */
  readonly bodyLimits?: Readonly<
    Record<string, { readonly bytes: number; readonly code: string; readonly message: string }>
  >
}

export interface WireCodes {
  readonly validation: string
  readonly serialization: string
  /** Of a caller that lacks a permission; `AccessDeniedException` unless the service says otherwise. */
  readonly denied?: string
  /** Of NaN and the infinities at a path (`metricData.1.member.value`), where a service takes them for numbers. */
  readonly notFinite?: (path: string, value: number) => Refusal
}

/** A service made ready to answer: operations, routes and errors compiled once per isolate, on first use. */
export interface Service<P> extends ServiceDefinition<P> {
  readonly operations: ReadonlyMap<string, Operation>
  readonly errors: ReadonlyMap<string, ErrorShape>
  route(method: string, rawPath: string, query: URLSearchParams): RouteMatch | undefined
  /** Names of input members, at any depth, that carry binary values inside a JSON document, and nothing else. */
  blobMembers(operation: Operation): ReadonlySet<string>
}

export function service<P>(definition: ServiceDefinition<P>): Service<P> {
  let operations: Map<string, Operation> | undefined
  let errors: Map<string, ErrorShape> | undefined
  let router: ReturnType<typeof restRouter> | undefined
  const blobs = new Map<string, ReadonlySet<string>>()
  const self: Service<P> = {
    ...definition,
    get operations() {
      operations ??= operationsOf(definition.schemas)
      return operations
    },
    get errors() {
      errors ??= errorsOf(definition.schemas)
      return errors
    },
    route(method, rawPath, query) {
      router ??= restRouter(self.operations.values())
      return router(method, rawPath, query)
    },
    blobMembers(operation) {
      let members = blobs.get(operation.name)
      if (!members) {
        members = findBlobMembers(operation.input)
        blobs.set(operation.name, members)
      }
      return members
    },
  }
  return self
}

/** Shapes refer to themselves, so each is visited once. A name that also stands for something else is left out. */
function findBlobMembers(input: NormalizedSchema): ReadonlySet<string> {
  const found = new Set<string>()
  const others = new Set<string>()
  const seen = new Set<string>()
  const visit = (schema: NormalizedSchema): void => {
    if (schema.isListSchema() || schema.isMapSchema()) visit(schema.getValueSchema())
    if (!schema.isStructSchema()) return
    const name = schema.getName(true) ?? ''
    if (seen.has(name)) return
    seen.add(name)
    for (const [memberName, member] of schema.structIterator()) {
      const traits = member.getMergedTraits()
      if (traits.httpPayload && member.isBlobSchema()) continue
      const names = [memberName, (traits.jsonName as string | undefined) ?? memberName]
      for (const each of names) (member.isBlobSchema() ? found : others).add(each)
      visit(member)
    }
  }
  if (!input.isUnitSchema()) visit(input)
  return new Set([...found].filter(name => !others.has(name)))
}
