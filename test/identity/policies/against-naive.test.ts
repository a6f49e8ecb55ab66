// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compilePolicy, type PolicyKind } from '../../../src/identity/policies/compile-policy.ts'
import { type Decision, decide } from '../../../src/identity/policies/decide.ts'
import { type Principal, requestContext } from '../../../src/identity/policies/request.ts'
import {
  answerNaively,
  type NaiveAnswer,
  type NaiveCaller,
  type NaivePolicy,
  type NaiveQuestion,
  type NaiveStatement,
} from './naive-evaluator.ts'

// Small alphabets, so that what is asked and what is written often meet.
const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`
const USER = `arn:aws:iam::${ACCOUNT}:user/u`
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/r/s`
const FEDERATED = `arn:aws:sts::${ACCOUNT}:federated-user/u`

const caller = fc.constantFrom<NaiveCaller & Principal>(
  { kind: 'root', account: ACCOUNT },
  { kind: 'user', account: ACCOUNT, arn: USER },
  { kind: 'session', account: ACCOUNT, arn: SESSION, role: ROLE },
  { kind: 'session', account: ACCOUNT, arn: SESSION, role: ROLE },
  { kind: 'federated-user', account: ACCOUNT, arn: FEDERATED, user: USER },
  { kind: 'federated-user', account: ACCOUNT, arn: FEDERATED },
  { kind: 'service', name: 'a.amazonaws.com' },
  { kind: 'federated', provider: 'p.example' },
  { kind: 'anonymous' },
)

const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })

const principalElement = fc.oneof(
  fc.constant('*' as const),
  some(ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`, ROLE, USER, SESSION, FEDERATED, '*', '444455556666').map(
    AWS => ({ AWS }),
  ),
  fc.constantFrom<Record<string, string[]>>(
    { Service: ['a.amazonaws.com'] },
    { Service: ['b.amazonaws.com'], AWS: [SESSION, ROLE, ACCOUNT] },
    { Federated: ['p.example'] },
    { Federated: ['q.example'], AWS: [USER, ACCOUNT] },
  ),
)

const actions = some('s:Get', 's:Put', 'S:GET', 's:*', 's:?et', '*:Get', '*')

const pieces = fc
  .array(fc.constantFrom('a', 'b', '/', ':', '*', '?', '${k:u}', "${k:u, 'a'}", '${*}'), { maxLength: 5 })
  .map(list => list.join(''))

const resourcePattern = fc.oneof(
  fc.constantFrom('*', 'arn:aws:s:*', 'arn:aws', 'arn:aws:s:::a', 'arn:aws:s:r:1:*', 'arn:aws:s:*:a'),
  fc.constantFrom(
    'arn:aws:s:r*1:a:b',
    'arn:aws:s:r?1:a:*',
    'arn:a*s:s*:*1:a:?',
    'arn:aws:*r*1*:a:b',
    'arn:*a*s*:?:b',
  ),
  fc
    .tuple(fc.constantFrom('arn:aws:s:::', 'arn:aws:s:r*:', 'arn:aws:s:?:1:', 'arn:*:'), pieces)
    .map(([head, tail]) => head + tail),
)
const resources = fc.uniqueArray(resourcePattern, { minLength: 1, maxLength: 2 })

const resource = fc.oneof(
  fc.constantFrom(
    '*',
    'arn:aws:s:::a',
    'arn:aws:s:r:1:a',
    'arn:aws:s:r:1:a/b',
    'arn:aws:s:::a:b',
    'arn:aws:s:r:1:a:b',
  ),
  fc
    .array(fc.constantFrom('a', 'b', '/', ':', '*'), { minLength: 1, maxLength: 4 })
    .map(list => `arn:aws:s:::${list.join('')}`),
)

/** Values as requests have them, by key, and as conditions ask for them. */
const KEYS = {
  'k:u': {
    actual: ['a', 'b', 'A', '', 'a*', 'ab'],
    asked: ['a', 'b', 'a*', '*', '?', '${k:u}', "${k:x, 'b'}", '${*}', 'A', ''],
    operators: ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringLike', 'StringNotLike'],
  },
  'k:n': {
    actual: ['1', '2.0', '-1', 'x'],
    asked: ['1', '2', '-1.0', 'y', '${k:n}'],
    operators: ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericGreaterThanEquals'],
  },
  'k:d': {
    actual: ['2020-01-01T00:00:00Z', '2020-01-01T01:00:00+01:00', '1577836800', '2021-06-30'],
    asked: ['2020-01-01T00:00:00Z', '1577836800', '2020', '2022-01'],
    operators: ['DateLessThan', 'DateEquals', 'DateNotEquals'],
  },
  'k:b': { actual: ['true', 'false', 'True'], asked: ['true', 'false'], operators: ['Bool'] },
  'k:i': {
    actual: ['10.0.0.1', '10.0.1.255', '2001:db8::1', '::1'],
    asked: ['10.0.0.0/24', '10.0.0.0/23', '10.0.0.1', '0.0.0.0/0', '2001:db8::/32', '::/0'],
    operators: ['IpAddress', 'NotIpAddress'],
  },
  'k:a': {
    actual: ['arn:aws:s:r:1:a', 'arn:aws:s:::a:b', 'a'],
    asked: ['arn:aws:s:*:1:a', 'arn:aws:s:*:a', 'arn:aws:s:::${k:u}*', 'arn:aws:?:r:1:?', '*'],
    operators: ['ArnLike', 'ArnNotLike', 'StringLike'],
  },
} as const

type Key = keyof typeof KEYS
const key = fc.constantFrom(...(Object.keys(KEYS) as Key[]))

const condition = key.chain(each => {
  const { asked, operators } = KEYS[each]
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(
          fc.constantFrom('', '', '', 'ForAllValues:', 'ForAnyValue:'),
          fc.constantFrom<string>(...operators),
          fc.constantFrom('', '', 'IfExists'),
          fc.uniqueArray(fc.constantFrom<string>(...asked), { minLength: 1, maxLength: 3 }),
        )
        .map(([set, operator, ifExists, values]) => ({ [set + operator + ifExists]: { [each]: values } })),
    },
    { weight: 1, arbitrary: fc.constantFrom('true', 'false').map(value => ({ Null: { [each]: [value] } })) },
  )
})

const conditions = fc
  .array(condition, { minLength: 1, maxLength: 2 })
  .map(list => Object.assign({}, ...list) as NonNullable<NaiveStatement['Condition']>)

const valuesOf = (each: Key) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<string>(...KEYS[each].actual) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom<string>(...KEYS[each].actual), { maxLength: 3 }) },
  )

const context = fc.record(
  Object.fromEntries((Object.keys(KEYS) as Key[]).map(each => [each, valuesOf(each)])),
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, string | string[]>>

/** Often one that is about everything, so that many requests come past it to the others. */
const statement = (kind: PolicyKind): fc.Arbitrary<NaiveStatement> =>
  fc
    .record({
      isOpen: fc.integer({ min: 0, max: 9 }).map(n => n < 4),
      Effect: fc.integer({ min: 0, max: 9 }).map(n => (n < 8 ? ('Allow' as const) : ('Deny' as const))),
      actions,
      notAction: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
      resources,
      notResource: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
      Condition: fc.option(conditions, { nil: undefined }),
      principal: principalElement,
      notPrincipal: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
    })
    .map(
      ({ isOpen, Effect, principal, notPrincipal, ...rest }): NaiveStatement => ({
        Sid: '',
        Effect,
        ...(isOpen
          ? { Action: ['*'], Resource: ['*'] }
          : {
              ...(rest.notAction ? { NotAction: rest.actions } : { Action: rest.actions }),
              ...(rest.notResource ? { NotResource: rest.resources } : { Resource: rest.resources }),
              Condition: rest.Condition,
            }),
        ...(kind === 'resource' && (notPrincipal ? { NotPrincipal: principal } : { Principal: principal })),
      }),
    )

const policy = (kind: PolicyKind): fc.Arbitrary<NaivePolicy> =>
  fc.record({
    Version: fc.constantFrom('2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17'),
    Statement: fc.array(statement(kind), { minLength: 1, maxLength: 3 }),
  })

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

/** Statements get names of their own, to tell which of them decided. */
const named = (policies: readonly NaivePolicy[]): NaivePolicy[] =>
  policies.map((each, p) => ({
    ...each,
    Statement: each.Statement.map((one, s) => ({ ...one, Sid: `${p}-${s}` })),
  }))

const question = fc
  .record({
    caller,
    action: fc.constantFrom('s:Get', 's:Put', 't:Get'),
    resource,
    context,
    sameAccount: fc.boolean(),
    resourceMustAllow: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
    identity: fc.array(policy('identity'), { maxLength: 2 }),
    resourcePolicy: optional(policy('resource')),
    boundary: optional(policy('identity')),
    session: optional(fc.array(policy('identity'), { minLength: 1, maxLength: 2 })),
  })
  .map((asked): NaiveQuestion & { caller: NaiveCaller & Principal } => ({
    ...asked,
    identity: named(asked.identity),
    resourcePolicy: asked.resourcePolicy && named([asked.resourcePolicy])[0],
    boundary: asked.boundary && named([asked.boundary])[0],
    session: asked.session && named(asked.session),
  }))

function decideIt(asked: NaiveQuestion & { caller: Principal }): Decision {
  const compiled = (each: NaivePolicy, kind: PolicyKind = 'identity') => compilePolicy('', each, kind)
  return decide(
    {
      identity: asked.identity.map(each => compiled(each)),
      resource: asked.resourcePolicy && compiled(asked.resourcePolicy, 'resource'),
      boundary: asked.boundary && compiled(asked.boundary),
      session: asked.session?.map(each => compiled(each)),
      resourceMustAllow: asked.resourceMustAllow,
    },
    {
      action: asked.action,
      resource: asked.resource,
      principal: asked.caller,
      context: requestContext(asked.context),
    },
    asked.sameAccount,
  )
}

const RUNS = 4_000
/** It takes two seconds where nothing else runs. */
const PATIENCE_MS = 120_000

test(
  'decides as a naive evaluator does, and for a reason that this one sees, too',
  () => {
    const seen = { allowed: 0, denied: 0, silent: 0 }
    fc.assert(
      fc.property(question, asked => {
        const decision = decideIt(asked)
        const naive: NaiveAnswer = answerNaively(asked)
        expect(decision.allowed).toBe(naive.allowed)
        const by = decision.by && `${decision.type}/${decision.by.sid}`
        if (decision.allowed) expect([...naive.allowances]).toContain(by)
        else if (naive.denials.size > 0) expect([...naive.denials]).toContain(by)
        else {
          expect(by).toBeUndefined()
          expect([...naive.allowances].filter(id => id.startsWith(`${decision.type}/`))).toEqual([])
        }
        seen[decision.allowed ? 'allowed' : decision.by ? 'denied' : 'silent']++
      }),
      { numRuns: RUNS },
    )
    // Otherwise the alphabets have drifted apart, and the comparison says little.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(RUNS / 20)
  },
  PATIENCE_MS,
)
