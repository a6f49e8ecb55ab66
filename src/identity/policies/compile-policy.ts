import { type Condition, compileConditions } from './conditions.ts'
import { arnMatcher, type Matcher, textMatcher } from './pattern.ts'
import { listOf, type PolicyDocument, type StatementDocument, VARIABLES_SINCE } from './policy-document.ts'
import { compileNotPrincipal, compilePrincipal, type NamedAs, type PrincipalMatcher } from './principals.ts'
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
  applies(request: AccessRequest): NamedAs | undefined
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

type Part = (request: AccessRequest) => boolean

function compileStatement(
  statement: StatementDocument,
  variables: boolean,
  kind: PolicyKind,
): CompiledStatement['applies'] {
  const action = compileAction(statement)
  const resource = compileResource(statement, variables)
  const principal = compileWho(statement, kind)
  const conditions = compileConditions(statement.Condition, variables)
  const holds = conditions ? allOf(conditions) : undecided(statement.Effect)
  return request => {
    if (!action(request)) return undefined
    const named = principal(request)
    return named !== undefined && resource(request) && holds(request) ? named : undefined
  }
}

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
  const matchers = listOf(Action ?? NotAction).map(text =>
    textMatcher(text.toLowerCase(), { variables: false, wildcards: true }),
  )
  const wanted = Action !== undefined
  return ({ action, context }) => matchesAny(matchers, action.toLowerCase(), context) === wanted
}

/** A statement without either is about whatever its policy hangs on. */
function compileResource({ Resource, NotResource }: StatementDocument, variables: boolean): Part {
  if (Resource === undefined && NotResource === undefined) return () => true
  const matchers = listOf(Resource ?? NotResource).map(text =>
    arnMatcher(text, { variables, wildcards: true }, true),
  )
  const wanted = Resource !== undefined
  return ({ resource, context }) => matchesAny(matchers, resource, context) === wanted
}

const matchesAny = (matchers: readonly Matcher[], text: string, context: AccessRequest['context']): boolean =>
  matchers.some(matcher => matcher(text, context))

function compileWho(
  { Principal, NotPrincipal }: StatementDocument,
  kind: PolicyKind,
): (request: AccessRequest) => NamedAs | undefined {
  if (kind === 'identity') return () => 'itself'
  const matcher: PrincipalMatcher | undefined =
    Principal !== undefined
      ? compilePrincipal(Principal)
      : NotPrincipal === undefined
        ? undefined
        : compileNotPrincipal(NotPrincipal)
  return ({ principal }) => (principal === undefined ? undefined : matcher?.(principal))
}
