import type { Exchange, PhaseResult } from '../exchange.ts'
import type { Snapshot, SnapshotAuthorizer, SnapshotMethod } from '../snapshot.ts'
import { FunctionAuthorizer } from './function-authorizer.ts'
import { compileResourcePolicy, type ResourcePolicy, resourcePolicyAlone } from './resource-policy.ts'
import { signedByPermitted } from './signed-request.ts'

/** Lets a request pass, and notes who makes it, or says why not. */
export type Guard = (exchange: Exchange) => PhaseResult | Promise<PhaseResult>

/** Where nothing here could say yes: a method that was meant to be guarded is never open. */
const NOBODY: Guard = () => ({ type: 'AUTHORIZER_CONFIGURATION_ERROR' })

/** Of a method: who may call it, by its own authorization type. Undefined: everybody. */
type PrepareGuard = (method: SnapshotMethod, guards: Guards) => Guard | undefined

/** By `authorizationType`. What has no row lets nobody pass. */
const TYPES: Readonly<Record<string, PrepareGuard>> = {
  NONE: (_, { policy }) => policy && resourcePolicyAlone(policy),
  AWS_IAM: (_, { policy }) => signedByPermitted(policy),
  CUSTOM: (method, guards) => guards.authorizer(method.authorizerId),
  COGNITO_USER_POOLS: (method, guards) => guards.authorizer(method.authorizerId),
}

/** By an authorizer's type. What has no row lets nobody pass. */
const AUTHORIZERS: Readonly<
  Partial<
    Record<
      SnapshotAuthorizer['type'],
      (id: string, definition: SnapshotAuthorizer, policy: ResourcePolicy | undefined) => Guard
    >
  >
> = {
  TOKEN: (id, definition, policy) => new FunctionAuthorizer(id, 'TOKEN', definition).guard(policy),
  REQUEST: (id, definition, policy) => new FunctionAuthorizer(id, 'REQUEST', definition).guard(policy),
}

/** The guards of an API's methods, each made when it is first needed. */
export class Guards {
  readonly #authorizers: Snapshot['authorizers']
  readonly #made = new Map<string, Guard>()
  readonly #policyText: string | undefined
  #policy: ResourcePolicy | undefined

  constructor({ authorizers, policy }: Pick<Snapshot, 'authorizers' | 'policy'>) {
    this.#authorizers = authorizers
    this.#policyText = policy
  }

  /** Of the API itself. */
  get policy(): ResourcePolicy | undefined {
    if (this.#policyText === undefined) return undefined
    this.#policy ??= compileResourcePolicy(this.#policyText)
    return this.#policy
  }

  /** Undefined for a method that everybody may call. */
  of(method: SnapshotMethod): Guard | undefined {
    const prepare = Object.hasOwn(TYPES, method.authorizationType) && TYPES[method.authorizationType]
    return prepare ? prepare(method, this) : NOBODY
  }

  /** Of the authorizer with this id; it is one for all methods that name it. */
  authorizer(id: string | undefined): Guard {
    if (id === undefined || !this.#authorizers || !Object.hasOwn(this.#authorizers, id)) return NOBODY
    let guard = this.#made.get(id)
    if (!guard) {
      const definition = this.#authorizers[id]!
      guard = AUTHORIZERS[definition.type]?.(id, definition, this.policy) ?? NOBODY
      this.#made.set(id, guard)
    }
    return guard
  }
}
