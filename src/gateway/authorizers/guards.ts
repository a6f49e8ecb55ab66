import type { Exchange, PhaseResult } from '../exchange.ts'
import type { Snapshot, SnapshotAuthorizer, SnapshotMethod } from '../snapshot.ts'
import { FunctionAuthorizer } from './function-authorizer.ts'
import { compileResourcePolicy, type ResourcePolicy, resourcePolicyAlone } from './resource-policy.ts'
import { signedByPermitted } from './signed-request.ts'
import { UserPoolAuthorizer } from './user-pool-authorizer.ts'

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
  CUSTOM: (method, guards) => guards.authorizer(method),
  COGNITO_USER_POOLS: (method, guards) => guards.authorizer(method),
}

/** An authorizer, ready for the methods that it guards. */
type PreparedAuthorizer = (method: SnapshotMethod) => Guard

type PrepareAuthorizer = (
  id: string,
  definition: SnapshotAuthorizer,
  policy: ResourcePolicy | undefined,
) => PreparedAuthorizer

/** A function is told of the method with each call: one guard is for all. */
const prepareFunction =
  (type: 'TOKEN' | 'REQUEST'): PrepareAuthorizer =>
  (id, definition, policy) => {
    const guard = new FunctionAuthorizer(id, type, definition).guard(policy)
    return () => guard
  }

/** By an authorizer's type. What has no row lets nobody pass. */
const AUTHORIZERS: Readonly<Partial<Record<SnapshotAuthorizer['type'], PrepareAuthorizer>>> = {
  TOKEN: prepareFunction('TOKEN'),
  REQUEST: prepareFunction('REQUEST'),
  COGNITO_USER_POOLS: (_, definition, policy) => {
    const authorizer = new UserPoolAuthorizer(definition)
    return ({ authorizationScopes }) => authorizer.guard(policy, authorizationScopes)
  },
}

/** The guards of an API's methods, each made when it is first needed. */
export class Guards {
  readonly #authorizers: Snapshot['authorizers']
  readonly #made = new Map<string, PreparedAuthorizer>()
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

  /** Of the authorizer that a method names; it is one for all methods that do. */
  authorizer(method: SnapshotMethod): Guard {
    const { authorizerId: id } = method
    if (id === undefined || !this.#authorizers || !Object.hasOwn(this.#authorizers, id)) return NOBODY
    let prepared = this.#made.get(id)
    if (!prepared) {
      const definition = this.#authorizers[id]!
      prepared = AUTHORIZERS[definition.type]?.(id, definition, this.policy) ?? (() => NOBODY)
      this.#made.set(id, prepared)
    }
    return prepared(method)
  }
}
