import type {
  ContextEntry,
  EvaluationResult,
  PolicyEvaluationDecisionType,
  ResourceSpecificResult,
  Statement,
} from '@aws-sdk/client-iam'
import { contextKeysOf, unique } from '../../../../identity/policies/context-keys.ts'
import { type Principal, type RequestContext, requestContext } from '../../../../identity/policies/request.ts'
import { type SimulatedPolicies, type Simulation, simulate } from '../../../../identity/policies/simulate.ts'
import { partsOfArn } from '../../../../lib/arn.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { readPageMarker } from '../../../../records/page-marker.ts'
import { takePage } from '../../../../records/take-page.ts'
import { contextOf, type IamHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { invalidInput, validationError } from '../refusals.ts'
import {
  type Entity,
  entityPolicies,
  givenBoundary,
  givenPolicies,
  givenPolicy,
  type Policy,
  type PolicySource,
  readEntity,
  withoutExcluded,
} from '../simulated-policies.ts'

/** What the two operations have in common. */
interface Asked {
  readonly ActionNames: readonly string[]
  readonly ResourceArns?: readonly string[]
  readonly ResourcePolicy?: string
  readonly ResourceOwner?: string
  readonly CallerArn?: string
  readonly ContextEntries?: readonly ContextEntry[]
  readonly Marker?: string
  readonly MaxItems?: number
}

/**
 * The policy simulator: the same evaluator that decides about calls, asked about one that nobody makes.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
 */
export const simulationOperations = {
  async SimulateCustomPolicy(input) {
    const { OrderedOrganizationPolicyInputList: organization = [] } = input
    if (organization.length > 0) throw invalidInput('There are no organizations, and no policies of theirs.')
    if (input.ResourcePolicy !== undefined && input.CallerArn === undefined) {
      throw invalidInput('CallerArn is required with ResourcePolicy.')
    }
    const policies = {
      identity: givenPolicies(input.PolicyInputList),
      boundary: givenBoundary(input.PermissionsBoundaryPolicyInputList),
    }
    return evaluate(input, policies, input.CallerArn === undefined ? undefined : readEntity(input.CallerArn))
  },

  async SimulatePrincipalPolicy(input, call) {
    const source = readEntity(input.PolicySourceArn)
    const attached = await entityPolicies(contextOf(call), source)
    const { identity, boundary } = withoutExcluded(attached, input.PolicyExclusionList)
    const policies = {
      identity: [...identity, ...givenPolicies(input.PolicyInputList)],
      boundary: givenBoundary(input.PermissionsBoundaryPolicyInputList) ?? boundary,
    }
    return evaluate(input, policies, input.CallerArn === undefined ? source : readEntity(input.CallerArn))
  },

  async GetContextKeysForCustomPolicy(input) {
    return { ContextKeyNames: contextKeys(givenPolicies(input.PolicyInputList)) }
  },

  async GetContextKeysForPrincipalPolicy(input, call) {
    const { identity } = await entityPolicies(contextOf(call), readEntity(input.PolicySourceArn))
    return { ContextKeyNames: contextKeys([...identity, ...givenPolicies(input.PolicyInputList)]) }
  },
} satisfies IamHandlers

const contextKeys = (policies: readonly Policy[]): string[] =>
  unique(
    policies.flatMap(({ document, statements }) =>
      statements.flatMap(statement => contextKeysOf(statement, document)),
    ),
  )

const LIST = 'simulation'

/** One result for each action, in the order of the question. */
async function evaluate(
  input: Asked,
  { identity, boundary }: Omit<SimulatedPolicies<PolicySource>, 'resource'>,
  caller: Entity | undefined,
) {
  const resource =
    input.ResourcePolicy === undefined
      ? undefined
      : givenPolicy(input.ResourcePolicy, 'ResourcePolicy', 'resource')
  const actions = input.ActionNames.map(readAction)
  const resources = (input.ResourceArns ?? ['*']).map(readResource)
  const entries = input.ContextEntries ?? []
  const ask: Ask = {
    policies: { identity, boundary, resource },
    resources,
    isSpecific: resources.some(arn => arn !== '*'),
    principal: caller && principalOf(caller),
    callerAccount: caller?.account,
    owner: input.ResourceOwner === undefined ? undefined : readOwner(input.ResourceOwner),
    context: readContext(entries),
    longest: Math.max(
      ...resources.map(arn => arn.length),
      ...entries.map(({ ContextKeyValues = [] }) => lengthOf(ContextKeyValues)),
    ),
  }
  const position = input.Marker === undefined ? ['0'] : readPageMarker(LIST, input.Marker)
  if (!position) throw validationError('Invalid Marker.')
  const rest = actions.map((action, index) => ({ action, index })).slice(Number(position[0]))
  const pageSize = Math.min(input.MaxItems ?? LIMITS.pageSize, affordable(ask))
  const { items, next } = await takePage(LIST, rest, pageSize, ({ index }) => [String(index + 1)])
  return {
    EvaluationResults: items.map(({ action }) => resultOf(action, ask)),
    IsTruncated: next !== undefined,
    Marker: next,
  }
}

/**
 * Characters of policies that are compared for one page, each as often as what it is compared with has characters: a
 * few seconds of computing at most, for policies that are made to take long, and milliseconds for all others.
 */
const COMPARED = 2_000_000_000

/** What policies are compared with has so many characters at least: the ARN of a resource. */
const USUAL_LENGTH = 100

/** How many actions a page has room for: "IAM might return fewer than the MaxItems number of results". */
function affordable({ policies: { identity, resource, boundary }, resources, longest }: Ask): number {
  const policies = [...identity, resource, boundary].filter(policy => policy !== undefined)
  const size = policies.reduce((sum, policy) => sum + policy.size, 0)
  const actions = Math.floor(
    COMPARED / (Math.max(size, 1) * resources.length * Math.max(longest, USUAL_LENGTH)),
  )
  if (actions > 0) return actions
  throw new Refusal(
    'PolicyEvaluationException',
    `There are too many resources (${resources.length}), or their policies (${size} characters) or the values of context keys are too long, to evaluate at a time.`,
  )
}

interface Ask {
  readonly policies: SimulatedPolicies<PolicySource>
  readonly resources: readonly string[]
  /** Whether it is about more than `*`. */
  readonly isSpecific: boolean
  readonly principal: Principal | undefined
  readonly callerAccount: string | undefined
  readonly owner: string | undefined
  readonly context: RequestContext
  /** Characters of the longest text that policies are compared with. */
  readonly longest: number
}

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0)

function resultOf(action: string, ask: Ask): EvaluationResult {
  const single = ask.resources.map(resource => ({ resource, ...simulated(action, resource, ask) }))
  const decision = mostRestrictive(single.map(({ simulation }) => simulation.outcome))
  const contributing = single.filter(({ simulation }) => simulation.outcome === decision)
  const { boundary } = ask.policies
  const isCrossAccount = single.some(each => each.isCrossAccount)
  return {
    EvalActionName: action,
    EvalResourceName: ask.resources.length === 1 ? ask.resources[0] : '*',
    EvalDecision: decision,
    MatchedStatements: distinct(contributing.flatMap(({ simulation }) => statementsOf(simulation))),
    MissingContextValues: unique(single.flatMap(({ simulation }) => simulation.missing)),
    ...(boundary && {
      PermissionsBoundaryDecisionDetail: {
        AllowedByPermissionsBoundary: single.every(({ simulation }) => isAllowedByBoundary(simulation)),
      },
    }),
    ...(isCrossAccount && {
      EvalDecisionDetails: mergedDetails(single.map(each => detailsOf(each.simulation))),
    }),
    ...(!isCrossAccount && ask.isSpecific && { EvalDecisionDetails: {} }),
    ...(ask.isSpecific && {
      ResourceSpecificResults: single.map(
        ({ resource, simulation, isCrossAccount: across }): ResourceSpecificResult => ({
          EvalResourceName: resource,
          EvalResourceDecision: simulation.outcome,
          MatchedStatements: statementsOf(simulation),
          MissingContextValues: [...simulation.missing],
          ...(across && { EvalDecisionDetails: detailsOf(simulation) }),
          ...(boundary && {
            PermissionsBoundaryDecisionDetail: {
              AllowedByPermissionsBoundary: isAllowedByBoundary(simulation),
            },
          }),
        }),
      ),
    }),
  }
}

/**
 * The resource's side is simulated where its policy is given: "the simulation does not automatically retrieve policies
 * for the specified resources".
 */
function simulated(action: string, resource: string, ask: Ask) {
  const { policies, principal, callerAccount, context } = ask
  const owner = partsOfArn(resource).account || ask.owner || callerAccount
  const isCrossAccount = policies.resource !== undefined && owner !== callerAccount
  return {
    isCrossAccount,
    simulation: simulate(policies, { action, resource, principal, context }, !isCrossAccount),
  }
}

type Simulated = Simulation<PolicySource>

const isAllowedByBoundary = ({ byType }: Simulated): boolean => byType.boundary === 'allowed'

type Details = Record<string, PolicyEvaluationDecisionType>

/** "How each policy type contributes to the final evaluation decision", by the names that the simulator has for them. */
const detailsOf = ({ byType }: Simulated): Details => ({
  'IAM Policy': byType.identity,
  'Resource Policy': byType.resource,
  ...(byType.boundary && { 'Permissions Boundary Policy': byType.boundary }),
})

function mergedDetails(all: readonly Details[]): Details {
  const types = new Set(all.flatMap(details => Object.keys(details)))
  return Object.fromEntries(
    [...types].map(type => [type, mostRestrictive(all.flatMap(details => details[type] ?? []))]),
  )
}

const RESTRICTIVENESS: readonly PolicyEvaluationDecisionType[] = ['explicitDeny', 'implicitDeny', 'allowed']

const mostRestrictive = (decisions: readonly PolicyEvaluationDecisionType[]): PolicyEvaluationDecisionType =>
  RESTRICTIVENESS.find(decision => decisions.includes(decision)) ?? 'implicitDeny'

const statementsOf = ({ matched }: Simulated): Statement[] =>
  matched.map(({ source, position }) => ({
    SourcePolicyId: source.id,
    SourcePolicyType: source.type,
    ...(position && {
      StartPosition: { Line: position.start.line, Column: position.start.column },
      EndPosition: { Line: position.end.line, Column: position.end.column },
    }),
  }))

const distinct = (statements: readonly Statement[]): Statement[] => [
  ...new Map(statements.map(statement => [JSON.stringify(statement), statement])).values(),
]

/** "This operation does not support using wildcards (*) in an action name." */
function readAction(name: string): string {
  if (!/^[A-Za-z0-9-]+:[A-Za-z0-9]+$/.test(name)) throw invalidInput(`Invalid Action: ${name}`)
  return name
}

function readResource(arn: string): string {
  if (arn !== '*' && !/^arn:[^:]+:[^:]+:[^:]*:[^:]*:./.test(arn)) {
    throw invalidInput(`Invalid Resource ARN: ${arn}`)
  }
  return arn
}

/** An account's number, or the ARN of an account. */
function readOwner(text: string): string {
  const [, account] = /^(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?$/.exec(text) ?? []
  if (account === undefined) throw invalidInput(`Invalid Resource Owner: ${text}`)
  return account
}

/** A role calls in a session of no name: only what names the role itself names it. Groups call nothing. */
function principalOf({ type, account, arn }: Entity): Principal | undefined {
  if (type === 'user') return { kind: 'user', account, arn }
  return type === 'role' ? { kind: 'session', account, arn: '', role: arn } : undefined
}

/** What values of each type look like. */
const FORMS: Readonly<Record<string, RegExp>> = {
  string: /^/,
  numeric: /^[+-]?\d+(?:\.\d+)?$/,
  boolean: /^(?:true|false)$/i,
  ip: /^[\da-f.:]+(?:\/\d{1,3})?$/i,
  binary: /^[A-Za-z0-9+/]*={0,2}$/,
  date: /^\d{4}-\d\d-\d\d|^\d+$/,
}

function readContext(entries: readonly ContextEntry[]): RequestContext {
  const values: Record<string, string | readonly string[]> = {}
  for (const { ContextKeyName: name, ContextKeyValues: given = [], ContextKeyType: type } of entries) {
    if (!name) throw invalidInput('Context keys must have a name.')
    const isList = type === undefined ? given.length !== 1 : type.endsWith('List')
    const form = FORMS[type?.replace(/List$/, '') ?? 'string']
    if ((!isList && given.length !== 1) || given.some(value => !form?.test(value))) {
      throw invalidInput(`Invalid value for context key ${name} of type ${type}.`)
    }
    values[name] = isList ? given : given[0]!
  }
  return requestContext(values)
}
