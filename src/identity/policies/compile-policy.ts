import { type Condition, compileConditions } from './conditions.ts'
import { type Matcher, resourceMatcher, textMatcher } from './pattern.ts'
import { listOf, type PolicyDocument, type StatementDocument, VARIABLES_SINCE } from './policy-document.ts'
import { compileNotPrincipal, compilePrincipal, type NamedAs } from './principals.ts'
import type { AccessRequest } from './request.ts'

/** A policy made ready to be asked many times. */
export interface CompiledPolicy {
  /** Name or ARN, to tell it by. */
  readonly name: string
  readonly statements: readonly CompiledStatement[]
}

export interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny'
  readonly sid: string | undefined
  /** In its policy, from 0. */
  readonly index: number
  /** Whether it is about a request, and as whom it names the caller; `itself` where policies name nobody. */
  applies(asked: AskedRequest): NamedAs | undefined
}

/** A request as statements are asked about it, prepared once for all of them. */
export interface AskedRequest extends AccessRequest {
  /** The action in lower case. */
  readonly loweredAction: string
  /** Whether a permissions boundary limits the caller. */
  readonly bounded: boolean
}

/**
 * Policies of identities hang on whom they are about and name nobody; those of resources say in every statement
 * whom they mean.
 */
export type PolicyKind = 'identity' | 'resource'

export function compilePolicy(name: string, document: PolicyDocument, kind: PolicyKind): CompiledPolicy {
  const variables = document.Version === VARIABLES_SINCE
  return {
    name,
    statements: listOf(document.Statement).map((statement, index) => ({
      effect: statement.Effect,
      sid: statement.Sid,
      index,
      applies: compileStatement(statement, variables, kind),
    })),
  }
}

type Part = (asked: AskedRequest) => boolean

function compileStatement(
  statement: StatementDocument,
  variables: boolean,
  kind: PolicyKind,
): CompiledStatement['applies'] {
  const action = compileAction(statement)
  const resource = compileResource(statement, variables)
  const principal = compileWho(statement, kind)
  const conditions = compileConditions(statement.Condition, variables)
  const holds = conditions
    ? conditions.length > 0
      ? allOf(conditions)
      : ALWAYS
    : undecided(statement.Effect)
  return asked => {
    if (!action(asked)) return undefined
    const named = principal(asked)
    return named !== undefined && resource(asked) && holds(asked) ? named : undefined
  }
}

const ALWAYS: Part = () => true

const allOf =
  (conditions: readonly Condition[]): Part =>
  ({ context }) =>
    conditions.every(condition => condition(context))

/** A condition that is not understood grants nothing, and takes no prohibition away. */
const undecided = (effect: StatementDocument['Effect']): Part => {
  const applies = effect === 'Deny'
  return () => applies
}

/** "The prefix and the action name are case insensitive." */
function compileAction({ Action, NotAction }: StatementDocument): Part {
  const wanted = Action !== undefined
  const named = anyOf(
    listOf(Action ?? NotAction).map(text =>
      textMatcher(text.toLowerCase(), { variables: false, wildcards: true }),
    ),
  )
  return ({ loweredAction, context }) => named(loweredAction, context) === wanted
}

/** A statement without either is about whatever its policy hangs on. */
function compileResource({ Resource, NotResource }: StatementDocument, variables: boolean): Part {
  if (Resource === undefined && NotResource === undefined) return ALWAYS
  const wanted = Resource !== undefined
  const named = anyOf(listOf(Resource ?? NotResource).map(text => resourceMatcher(text, variables)))
  return ({ resource, context }) => named(resource, context) === wanted
}

const anyOf = (matchers: readonly Matcher[]): Matcher =>
  matchers.length === 1
    ? matchers[0]!
    : (text, context) => {
        for (const matcher of matchers) if (matcher(text, context)) return true
        return false
      }

function compileWho(
  { Effect, Principal, NotPrincipal }: StatementDocument,
  kind: PolicyKind,
): (asked: AskedRequest) => NamedAs | undefined {
  if (kind === 'identity') return () => 'itself'
  if (Principal !== undefined) {
    const matcher = compilePrincipal(Principal)
    return ({ principal }) => principal && matcher(principal)
  }
  if (NotPrincipal === undefined) return () => undefined
  const matcher = compileNotPrincipal(NotPrincipal, Effect)
  return ({ principal, bounded }) => principal && matcher(principal, bounded)
}
