/**
 * The policy language once more, for comparison: slow, plain, and of no code of the product's. Patterns are regular
 * expressions, addresses strings of bits, and what policies say is looked at as sets.
 */

export interface NaiveStatement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | Readonly<Record<string, readonly string[]>>
  readonly NotPrincipal?: '*' | Readonly<Record<string, readonly string[]>>
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

export interface NaivePolicy {
  readonly Version: string
  readonly Statement: readonly NaiveStatement[]
}

/** Whoever asks, by all names: only what a caller has is there. */
export interface NaiveCaller {
  readonly kind: string
  readonly account?: string
  readonly arn?: string
  readonly role?: string
  readonly user?: string
  readonly name?: string
  readonly provider?: string
}

export interface NaiveQuestion {
  readonly caller: NaiveCaller
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, string | readonly string[]>>
  readonly sameAccount: boolean
  readonly resourceMustAllow: boolean
  readonly identity: readonly NaivePolicy[]
  readonly resourcePolicy: NaivePolicy | undefined
  readonly boundary: NaivePolicy | undefined
  readonly session: readonly NaivePolicy[] | undefined
}

export interface NaiveAnswer {
  readonly allowed: boolean
  /** `type/Sid` of every statement that denies. */
  readonly denials: ReadonlySet<string>
  /** `type/Sid` of every statement that allows. */
  readonly allowances: ReadonlySet<string>
}

export function answerNaively(question: NaiveQuestion): NaiveAnswer {
  const policiesOf: Readonly<Record<string, readonly NaivePolicy[] | undefined>> = {
    identity: question.identity,
    resource: question.resourcePolicy && [question.resourcePolicy],
    boundary: question.boundary && [question.boundary],
    session: question.session,
  }
  const matching = Object.entries(policiesOf).flatMap(([type, policies = []]) =>
    policies.flatMap(policy =>
      policy.Statement.filter(statement => matchesStatement(statement, policy, type, question)).map(
        statement => ({ type, statement }),
      ),
    ),
  )
  const idsOf = (effect: string) =>
    new Set(
      matching
        .filter(({ statement }) => statement.Effect === effect)
        .map(({ type, statement }) => `${type}/${statement.Sid}`),
    )
  const denials = idsOf('Deny')
  const allowances = idsOf('Allow')
  const grants = matching
    .filter(({ type, statement }) => type === 'resource' && statement.Effect === 'Allow')
    .map(({ statement }) => reachOf(statement, question.caller))
  const says = (type: string) => [...allowances].some(id => id.startsWith(`${type}/`))
  const limits = [
    question.boundary === undefined || says('boundary'),
    question.session === undefined ? question.caller.kind !== 'federated-user' : says('session'),
  ].every(Boolean)
  const own = says('identity') && limits
  const within =
    grants.includes('caller') ||
    (grants.includes('issuer') && limits) ||
    (own && (grants.length > 0 || !question.resourceMustAllow))
  const between = own && grants.length > 0
  return { allowed: denials.size === 0 && (question.sameAccount ? within : between), denials, allowances }
}

/** Whom a grant is for: the caller itself, what its session was made of, or its account. */
function reachOf({ Principal }: NaiveStatement, caller: NaiveCaller): 'caller' | 'issuer' | 'account' {
  // Whoever is not excluded is meant as one of everybody.
  if (Principal === undefined || Principal === '*') return 'caller'
  const named = Object.values(Principal).flat()
  if (named.includes('*')) return 'caller'
  const selves = [
    caller.arn,
    caller.name,
    caller.provider,
    ...(caller.kind === 'root' ? accountNames(caller) : []),
  ]
  if (selves.some(self => self !== undefined && named.includes(self))) return 'caller'
  return [caller.role, caller.user].some(issuer => issuer !== undefined && named.includes(issuer))
    ? 'issuer'
    : 'account'
}

const accountNames = ({ account }: NaiveCaller): string[] =>
  account === undefined ? [] : [account, `arn:aws:iam::${account}:root`]

function matchesStatement(
  statement: NaiveStatement,
  { Version }: NaivePolicy,
  type: string,
  { caller, action, resource, context, boundary }: NaiveQuestion,
): boolean {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement
  const hasVariables = Version === '2012-10-17'
  const meansAction = (patterns: readonly string[]) =>
    patterns.some(pattern => new RegExp(`^${wild(pattern, '[^]')}$`, 'i').test(action))
  const meansResource = (patterns: readonly string[]) =>
    patterns.some(pattern => matchesResource(pattern, resource, hasVariables ? context : undefined))
  return (
    (Action ? meansAction(Action) : !meansAction(NotAction ?? [])) &&
    (Resource ? meansResource(Resource) : NotResource ? !meansResource(NotResource) : true) &&
    (type !== 'resource' || matchesCaller(statement, caller, boundary !== undefined)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, key, values, context, hasVariables)),
    )
  )
}

const escaped = (text: string): string => text.replace(/[\\^$.|+()[\]{}*?/-]/g, '\\$&')

const wild = (pattern: string, any: string): string =>
  [...pattern].map(each => (each === '*' ? `${any}*` : each === '?' ? any : escaped(each))).join('')

type Values = NaiveQuestion['context']

/** An expression for text with variables; undefined when one of them has no value. */
function withVariables(pattern: string, context: Values | undefined, rest: (text: string) => string) {
  if (!context) return rest(pattern)
  const parts = pattern.split(/(\$\{[^}]*\})/)
  const expressions = parts.map(part => {
    if (!/^\$\{.*\}$/.test(part)) return rest(part)
    const [, name = '', fallback] = /^\$\{([^,]*?)(?:, '(.*)')?\}$/.exec(part) ?? []
    if (['*', '?', '$'].includes(name)) return escaped(name)
    const value = context[name.toLowerCase()]
    const text = typeof value === 'string' && value !== '' ? value : fallback
    return text === undefined ? undefined : escaped(text)
  })
  return expressions.includes(undefined) ? undefined : expressions.join('')
}

function matchesResource(pattern: string, resource: string, context: Values | undefined): boolean {
  if (pattern === '*') return true
  const [a, b = '*', c = '*', d = '*', e = '*', ...tail] = pattern.split(':')
  const head = [a!, b, c, d, e].map(segment => {
    const open = segment.endsWith('*')
    return wild(open ? segment.slice(0, -1) : segment, '[^:]') + (open ? '[^]*' : '')
  })
  const end = withVariables(tail.length > 0 ? tail.join(':') : '*', context, text => wild(text, '[^]'))
  return end !== undefined && new RegExp(`^${[...head, end].join(':')}$`).test(resource)
}

function matchesCaller(
  { Effect, Principal, NotPrincipal }: NaiveStatement,
  caller: NaiveCaller,
  bounded: boolean,
) {
  const kindOf = (name: string) =>
    name === caller.name ? 'Service' : name === caller.provider ? 'Federated' : 'AWS'
  const isNamed = (element: '*' | Readonly<Record<string, readonly string[]>>, name: string) =>
    element === '*' || (element[kindOf(name)] ?? []).includes(name)
  const names = [caller.arn, caller.role, caller.user, caller.name, caller.provider].filter(
    name => name !== undefined,
  )
  const [account, accountArn] = accountNames(caller)
  const isStar = (element: '*' | Readonly<Record<string, readonly string[]>>) =>
    element === '*' ||
    (caller.kind !== 'service' && caller.kind !== 'federated' && (element.AWS ?? []).includes('*'))
  const accountIsNamed = (element: '*' | Readonly<Record<string, readonly string[]>>) =>
    account !== undefined && [account, accountArn!].some(name => isNamed(element, name))
  if (Principal !== undefined) {
    return isStar(Principal) || accountIsNamed(Principal) || names.some(name => isNamed(Principal, name))
  }
  if (NotPrincipal === undefined) return false
  if (Effect === 'Allow') {
    return !(
      isStar(NotPrincipal) ||
      accountIsNamed(NotPrincipal) ||
      names.some(name => isNamed(NotPrincipal, name))
    )
  }
  const everyName =
    (account === undefined || accountIsNamed(NotPrincipal)) &&
    (names.length > 0 || account !== undefined) &&
    names.every(name => isNamed(NotPrincipal, name))
  return bounded || !(isStar(NotPrincipal) || everyName)
}

/** Operators as they compare one value of the request with one of the policy. */
const COMPARISONS: Readonly<
  Record<string, (actual: string, value: string, context: Values | undefined) => boolean>
> = {
  StringEquals: (actual, value, context) => expression(value, context, escaped)?.test(actual) ?? false,
  StringEqualsIgnoreCase: (actual, value, context) =>
    expression(value, context, escaped, 'i')?.test(actual) ?? false,
  StringLike: (actual, value, context) =>
    expression(value, context, text => wild(text, '[^]'))?.test(actual) ?? false,
  ArnLike: (actual, value, context) => {
    if (value === '*') return true
    const cut = (text: string) => [...text.split(':').slice(0, 5), text.split(':').slice(5).join(':')]
    if (value.split(':').length < 6 || actual.split(':').length < 6) return false
    const actuals = cut(actual)
    return cut(value).every(
      (part, index) => expression(part, context, text => wild(text, '[^]'))?.test(actuals[index]!) ?? false,
    )
  },
  NumericEquals: (actual, value) => numeric(actual) === numeric(value),
  NumericLessThan: (actual, value) => numeric(actual) < numeric(value),
  NumericGreaterThanEquals: (actual, value) => numeric(actual) >= numeric(value),
  DateLessThan: (actual, value) => moment(actual) < moment(value),
  DateEquals: (actual, value) => moment(actual) === moment(value),
  Bool: (actual, value) =>
    ['true', 'false'].includes(actual.toLowerCase()) && actual.toLowerCase() === value.toLowerCase(),
  BinaryEquals: (actual, value) => actual === value,
  IpAddress: (actual, value) => {
    const [network = '', length] = value.split('/')
    const [range, address] = [bitsOf(network), bitsOf(actual)]
    if (!range || !address || range.length !== address.length) return false
    const shared = length === undefined ? range.length : Number(length)
    return range.slice(0, shared) === address.slice(0, shared)
  },
}

const NEGATIONS: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotLike: 'ArnLike',
}

function expression(value: string, context: Values | undefined, rest: (text: string) => string, flags = '') {
  const source = withVariables(value, context, rest)
  return source === undefined ? undefined : new RegExp(`^(?:${source})$`, flags)
}

const numeric = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN)

const moment = (text: string) => (/^\d{5,}$/.test(text) ? Number(text) * 1000 : new Date(text).getTime())

/** Addresses of version 6 have one `::` here. */
function bitsOf(address: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) {
    return address
      .split('.')
      .map(byte => Number(byte).toString(2).padStart(8, '0'))
      .join('')
  }
  const [left, right, ...more] = address.split('::')
  if (left === undefined || right === undefined || more.length > 0) return undefined
  const groups = (text: string) => text.split(':').filter(Boolean)
  const zeros = Array<string>(8 - groups(left).length - groups(right).length).fill('0')
  return [...groups(left), ...zeros, ...groups(right)]
    .map(group => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('')
}

function holds(
  operator: string,
  key: string,
  values: readonly string[],
  context: Values,
  hasVariables: boolean,
): boolean {
  const known = context[key.toLowerCase()]
  const actual = known === undefined ? [] : typeof known === 'string' ? [known] : known
  const hasSubstance = actual.some(each => each !== '')
  if (operator === 'Null') return values.some(value => value === (hasSubstance ? 'false' : 'true'))
  const set = operator.startsWith('ForAllValues:')
    ? 'all'
    : operator.startsWith('ForAnyValue:')
      ? 'any'
      : 'none'
  const bare = operator.replace(/^.*:/, '').replace(/IfExists$/, '')
  if (actual.length === 0 && operator.endsWith('IfExists')) return true
  if (set === 'all' && !hasSubstance) return true
  if (set === 'any' && !hasSubstance) return false
  const positive = NEGATIONS[bare] ?? bare
  const isNegated = positive !== bare
  const fits = (each: string) =>
    values.some(value => COMPARISONS[positive]!(each, value, hasVariables ? context : undefined))
  const verdicts = actual.map(each => fits(each) !== isNegated)
  if (set === 'all') return verdicts.every(Boolean)
  if (set === 'any') return verdicts.some(Boolean)
  return isNegated ? verdicts.every(Boolean) : verdicts.some(Boolean)
}
