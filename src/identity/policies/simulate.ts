import {
  type CompiledPolicy,
  type CompiledStatement,
  compilePolicy,
  type PolicyKind,
} from './compile-policy.ts'
import { contextKeysOf, unique } from './context-keys.ts'
import { type Decision, decide, statementsAbout } from './decide.ts'
import { listOf, type PolicyDocument, type StatementDocument } from './policy-document.ts'
import type { AccessRequest } from './request.ts'
import { type StatementPosition, statementPositions } from './statement-positions.ts'

/** A policy as a simulation has it: its text too, to show where in it a decision comes from. */
export class SimulatedPolicy<Source> {
  /** What it is and where it is from, as it is to be told. */
  readonly source: Source
  readonly document: PolicyDocument
  readonly compiled: CompiledPolicy
  readonly #text: string
  #positions: readonly StatementPosition[] | undefined
  #actions: CompiledPolicy | undefined

  /** @param document what the text says, checked */
  constructor(source: Source, text: string, document: PolicyDocument, kind: PolicyKind) {
    this.source = source
    this.document = document
    this.compiled = compilePolicy('', document, kind)
    this.#text = text
  }

  /** Characters. */
  get size(): number {
    return this.#text.length
  }

  get statements(): readonly StatementDocument[] {
    return listOf(this.document.Statement)
  }

  /** Of its statements, in their order. */
  get positions(): readonly StatementPosition[] {
    this.#positions ??= statementPositions(this.#text)
    return this.#positions
  }

  /** Condition keys of the statements that are about an action. */
  keysFor(request: AccessRequest): string[] {
    const { document, statements } = this
    const actionsAlone = statements.map(({ Effect, Action, NotAction }) => ({ Effect, Action, NotAction }))
    this.#actions ??= compilePolicy('', { ...document, Statement: actionsAlone }, 'identity')
    return statementsAbout(this.#actions, request, false).flatMap(({ index }) =>
      contextKeysOf(statements[index]!, document),
    )
  }
}

export interface SimulatedPolicies<Source> {
  readonly identity: readonly SimulatedPolicy<Source>[]
  readonly resource?: SimulatedPolicy<Source>
  readonly boundary?: SimulatedPolicy<Source>
}

export type Outcome = 'allowed' | 'explicitDeny' | 'implicitDeny'

export interface MatchedStatement<Source> {
  readonly source: Source
  /** Undefined where the text does not tell. */
  readonly position: StatementPosition | undefined
}

export interface Simulation<Source> {
  readonly outcome: Outcome
  /** The statements that determine it: every denial, or every allowance of the policies that grant. */
  readonly matched: readonly MatchedStatement<Source>[]
  /** Condition keys that statements about the action ask for, and the request lacks. */
  readonly missing: readonly string[]
  /** What the policies of each type say by themselves. */
  readonly byType: {
    readonly identity: Outcome
    readonly resource: Outcome
    /** Undefined without a boundary. */
    readonly boundary: Outcome | undefined
  }
}

/** Answers what {@link decide} answers, and says why. */
export function simulate<Source>(
  policies: SimulatedPolicies<Source>,
  request: AccessRequest,
  sameAccount: boolean,
): Simulation<Source> {
  const { identity, resource, boundary } = policies
  const decision = decide(
    {
      identity: identity.map(({ compiled }) => compiled),
      resource: resource?.compiled,
      boundary: boundary?.compiled,
    },
    request,
    sameAccount,
  )
  const bounded = boundary !== undefined
  const about = (some: readonly (SimulatedPolicy<Source> | undefined)[]): About<Source>[] =>
    some
      .filter(policy => policy !== undefined)
      .flatMap(policy =>
        statementsAbout(policy.compiled, request, bounded).map(statement => ({ policy, statement })),
      )
  const byType = { identity: about(identity), resource: about([resource]), boundary: about([boundary]) }
  const all = [...byType.identity, ...byType.resource, ...byType.boundary]
  return {
    outcome: outcomeOf(decision),
    matched: determining(decision, all, [...byType.identity, ...byType.resource]).map(
      ({ policy, statement }) => ({
        source: policy.source,
        position: policy.positions[statement.index],
      }),
    ),
    missing: unique(
      [...identity, resource, boundary]
        .flatMap(policy => policy?.keysFor(request) ?? [])
        .filter(key => request.context.get(key.toLowerCase()) === undefined),
    ),
    byType: {
      identity: verdictOf(byType.identity),
      resource: verdictOf(byType.resource),
      boundary: boundary && verdictOf(byType.boundary),
    },
  }
}

interface About<Source> {
  readonly policy: SimulatedPolicy<Source>
  readonly statement: CompiledStatement
}

const outcomeOf = ({ allowed, by }: Decision): Outcome =>
  allowed ? 'allowed' : by === undefined ? 'implicitDeny' : 'explicitDeny'

/** "If only one statement denies that operation, the deny statement is the only entry included in the result." */
function determining<Source>(
  { allowed, by }: Decision,
  all: readonly About<Source>[],
  granting: readonly About<Source>[],
): readonly About<Source>[] {
  if (!allowed) return by === undefined ? [] : all.filter(({ statement }) => statement.effect === 'Deny')
  return granting
}

function verdictOf(about: readonly About<unknown>[]): Outcome {
  const effects = new Set(about.map(({ statement }) => statement.effect))
  return effects.has('Deny') ? 'explicitDeny' : effects.has('Allow') ? 'allowed' : 'implicitDeny'
}
