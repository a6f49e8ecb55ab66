import { describe, expect, test } from 'vitest'
import { type CompiledPolicy, compilePolicy } from '../../../src/identity/policies/compile-policy.ts'
import { type Decision, decide, decideByResource } from '../../../src/identity/policies/decide.ts'
import { VARIABLES_SINCE } from '../../../src/identity/policies/policy-document.ts'
import { requestContext } from '../../../src/identity/policies/request.ts'
import { CONDITION_CASES } from './cases/condition-cases.ts'
import { type EvaluationCase, type Expected, SOURCES } from './cases/evaluation-case.ts'
import { EVALUATION_CASES } from './cases/evaluation-cases.ts'
import { CHART_ROWS } from './cases/flow-charts.ts'
import { LANGUAGE_CASES } from './cases/language-cases.ts'
import { PRINCIPAL_CASES } from './cases/principal-cases.ts'

const CASES: readonly EvaluationCase[] = [
  ...LANGUAGE_CASES,
  ...CONDITION_CASES,
  ...PRINCIPAL_CASES,
  ...EVALUATION_CASES,
]

function decisionOf({ policies, request: { principal, owner, action, resource, context } }: EvaluationCase): {
  readonly decision: Decision
  readonly byResource: Decision
} {
  const { version = VARIABLES_SINCE } = policies
  const compiled = (
    name: 'identity' | 'resource' | 'boundary' | 'session',
    kind: 'identity' | 'resource' = 'identity',
  ): CompiledPolicy | undefined => {
    const statements = policies[name]
    return (
      statements && compilePolicy(name, { ...(version && { Version: version }), Statement: statements }, kind)
    )
  }
  const identity = compiled('identity')
  const session = compiled('session')
  const request = { action, resource, principal, context: requestContext(context ?? {}) }
  const applicable = {
    identity: identity ? [identity] : [],
    resource: compiled('resource', 'resource'),
    boundary: compiled('boundary'),
    session: session && [session],
    resourceMustAllow: policies.resourceMustAllow,
  }
  const account = 'account' in principal ? principal.account : undefined
  return {
    decision: decide(applicable, request, owner === undefined || owner === account),
    byResource: decideByResource(applicable.resource, request),
  }
}

const inWords = ({ allowed, type, by }: Decision): Expected =>
  by === undefined
    ? ['implicitly denied', type]
    : [allowed ? 'allowed' : 'explicitly denied', type, by.sid ?? '']

describe('evaluates as AWS documents it', () => {
  test.each(CASES.map(each => [each.name, each] as const))('%s', (_, each) => {
    const { decision, byResource } = decisionOf(each)
    expect(inWords(decision)).toEqual(each.expected)
    // Those who have no policies of their own are decided about by the resource's alone.
    if (!('account' in each.request.principal)) expect(byResource.allowed).toBe(decision.allowed)
  })
})

describe('the table', () => {
  test('has at least 200 rows of different names', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(200)
    const names = CASES.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  test('has a case of every row of the flow charts', () => {
    const shown = new Set(CASES.flatMap(({ chart = [] }) => chart))
    expect(CHART_ROWS.filter(row => !shown.has(row))).toEqual([])
  })

  test('has cases from every page that it is written from', () => {
    const pages = new Set(CASES.map(({ source }) => source))
    expect(Object.values(SOURCES).filter(page => !pages.has(page))).toEqual([])
  })
})
