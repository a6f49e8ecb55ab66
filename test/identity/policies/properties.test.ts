// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { textMatcher } from '../../../src/identity/policies/pattern.ts'
import type { StatementDocument } from '../../../src/identity/policies/policy-document.ts'
import { allow, allows, decided, deny, identityPolicy, resourcePolicy } from './policy.ts'

const character = fc.constantFrom('a', 'b', ':', '/', '*', '?', '$', '{', '}')
const text = fc.string({ unit: character, maxLength: 10 })

/** What a pattern means, as an expression: short enough not to mind how it backtracks. */
const expressionOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replace(/\*/g, '[^]*')
      .replace(/\?/g, '[^]')}$`,
  )

test('wildcards mean what they mean in an expression', () => {
  fc.assert(
    fc.property(text, text, (pattern, actual) => {
      const matcher = textMatcher(pattern, { variables: false, wildcards: true })
      expect(matcher(actual, new Map())).toBe(expressionOf(pattern).test(actual))
    }),
    { numRuns: 2_000 },
  )
})

test('a variable matches its own value and nothing else, whatever is in it, and nothing where it is empty', () => {
  fc.assert(
    fc.property(text, text, (value, actual) => {
      const matcher = textMatcher('${a:b}', { variables: true, wildcards: true })
      expect(matcher(actual, new Map([['a:b', value]]))).toBe(value !== '' && actual === value)
    }),
    { numRuns: 2_000 },
  )
})

test('any text can be a pattern, and a pattern without wildcards or variables matches itself', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, actual) => {
      const matcher = textMatcher(pattern, { variables: true, wildcards: true })
      expect(typeof matcher(actual, new Map())).toBe('boolean')
      if (!/[*?$]/.test(pattern)) expect(matcher(pattern, new Map())).toBe(true)
    }),
  )
})

test('a text that is almost a variable is read in a time that its length bounds', () => {
  // Spaces count for nothing in the size of a policy, so there may be many: tried at each of them anew, 20 s.
  const spaced = `\${a${' '.repeat(120_000)}`
  const matcher = textMatcher(spaced, { variables: true, wildcards: true })
  expect(matcher(spaced, new Map())).toBe(true)
  const known = textMatcher(`\${${' '.repeat(50_000)}a:b${' '.repeat(50_000)}}`, {
    variables: true,
    wildcards: true,
  })
  expect(known('x', new Map([['a:b', 'x']]))).toBe(true)
})

const action = fc.constantFrom(
  's3:GetObject',
  's3:PutObject',
  'lambda:InvokeFunction',
  's3:*',
  'lambda:Get*',
  '*',
)
const arn = fc.constantFrom(
  'arn:aws:s3:::b/k',
  'arn:aws:s3:::b/*',
  'arn:aws:lambda:us-east-1:111122223333:function:f',
  'arn:aws:lambda:*',
  '*',
)
const condition = fc.option(
  fc.record({
    operator: fc.constantFrom(
      'StringEquals',
      'StringNotEquals',
      'StringEqualsIfExists',
      'ForAllValues:StringLike',
    ),
    value: fc.constantFrom('x', 'y', 'x*'),
  }),
  { nil: undefined },
)

const statement: fc.Arbitrary<StatementDocument> = fc
  .record({
    Effect: fc.constantFrom<'Allow' | 'Deny'>('Allow', 'Deny'),
    actions: fc.uniqueArray(action, { minLength: 1, maxLength: 3 }),
    notAction: fc.boolean(),
    resources: fc.uniqueArray(arn, { minLength: 1, maxLength: 3 }),
    notResource: fc.boolean(),
    condition,
  })
  .map(({ Effect, actions, notAction, resources, notResource, condition }) => ({
    Effect,
    ...(notAction ? { NotAction: actions } : { Action: actions }),
    ...(notResource ? { NotResource: resources } : { Resource: resources }),
    ...(condition && { Condition: { [condition.operator]: { 'a:k': condition.value } } }),
  }))

const asked = fc.record({
  action: fc.constantFrom('s3:GetObject', 'lambda:InvokeFunction', 'lambda:GetFunction'),
  resource: fc.constantFrom(
    'arn:aws:s3:::b/k',
    'arn:aws:s3:::b/other',
    'arn:aws:lambda:us-east-1:111122223333:function:f',
    '*',
  ),
  context: fc.constantFrom({}, { 'a:k': 'x' }, { 'a:k': 'y' }),
})

const statements = fc.array(statement, { maxLength: 5 })

test('the order of statements means nothing', () => {
  fc.assert(
    fc.property(statements, asked, (list, request) => {
      expect(allows(list.toReversed(), request)).toBe(allows(list, request))
    }),
  )
})

test('a further allow takes nothing away, and a further deny gives nothing', () => {
  fc.assert(
    fc.property(statements, statement, asked, (list, further, request) => {
      const before = allows(list, request)
      if (before) expect(allows([...list, { ...further, Effect: 'Allow' }], request)).toBe(true)
      else expect(allows([...list, { ...further, Effect: 'Deny' }], request)).toBe(false)
    }),
  )
})

test('what is denied by itself is denied among any others', () => {
  fc.assert(
    fc.property(statements, statement, asked, (list, further, request) => {
      // A statement that would allow by itself is about the request; turned round it prohibits it.
      fc.pre(allows([{ ...further, Effect: 'Allow' }], request))
      expect(allows([...list, { ...further, Effect: 'Deny' }], request)).toBe(false)
    }),
  )
})

test('an element and its opposite divide all requests between them', () => {
  fc.assert(
    fc.property(
      fc.array(action, { minLength: 1 }),
      fc.array(arn, { minLength: 1 }),
      asked,
      (actions, arns, request) => {
        const one = (statement: object) =>
          allows([{ Effect: 'Allow', ...statement } as StatementDocument], request)
        expect(one({ Action: actions, Resource: '*' })).not.toBe(one({ NotAction: actions, Resource: '*' }))
        expect(one({ Action: '*', Resource: arns })).not.toBe(one({ Action: '*', NotResource: arns }))
      },
    ),
  )
})

const ACCOUNT = '111122223333'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/r/f`

/** Often one that allows everything, so that many requests come through all policies. */
const generous = fc.oneof({ weight: 3, arbitrary: fc.constant(allow()) }, { weight: 2, arbitrary: statement })

const fromGenerous = fc.array(generous, { maxLength: 3 })

const named = fc
  .tuple(generous, fc.constantFrom(SESSION, ROLE, ACCOUNT, '*', 'arn:aws:iam::111122223333:role/other'))
  .map(([each, AWS]): StatementDocument => ({ ...each, Principal: { AWS } }))

const applicable = fc.record({
  identity: fromGenerous.map(list => [identityPolicy(...list)]),
  resource: fc.option(
    fc.array(named, { maxLength: 3 }).map(list => resourcePolicy(...list)),
    { nil: undefined },
  ),
  boundary: fc.option(
    fromGenerous.map(list => identityPolicy(...list)),
    { nil: undefined },
  ),
  session: fc.option(
    fromGenerous.map(list => [identityPolicy(...list)]),
    { nil: undefined },
  ),
})

const principal = { kind: 'session', account: ACCOUNT, arn: SESSION, role: ROLE } as const

const may = (policies: Parameters<typeof decided>[0], request: object, sameAccount = true): boolean =>
  decided(policies, { ...request, principal }, sameAccount).allowed

test('what is allowed between accounts is allowed within one', () => {
  fc.assert(
    fc.property(applicable, asked, (policies, request) => {
      fc.pre(may(policies, request, false))
      expect(may(policies, request)).toBe(true)
    }),
  )
})

test("boundaries and a session's policies only take away", () => {
  fc.assert(
    fc.property(applicable, asked, fc.boolean(), (policies, request, sameAccount) => {
      fc.pre(may(policies, request, sameAccount))
      expect(may({ ...policies, boundary: undefined }, request, sameAccount)).toBe(true)
      expect(may({ ...policies, session: undefined }, request, sameAccount)).toBe(true)
      const open = identityPolicy(allow())
      expect(may({ ...policies, boundary: open, session: [open] }, request, sameAccount)).toBe(true)
    }),
  )
})

test('an explicit deny in any of the policies wins', () => {
  const no = identityPolicy(deny())
  fc.assert(
    fc.property(applicable, asked, fc.boolean(), (policies, request, sameAccount) => {
      for (const denying of [
        { identity: [...policies.identity, no] },
        { boundary: no },
        { session: [no] },
        { resource: resourcePolicy(deny({ Principal: '*' })) },
      ]) {
        expect(decided({ ...policies, ...denying }, { ...request, principal }, sameAccount)).toMatchObject({
          allowed: false,
          by: {},
        })
      }
    }),
  )
})

test('nothing is allowed that no statement allows, and the one that is named does', () => {
  fc.assert(
    fc.property(applicable, asked, fc.boolean(), (policies, request, sameAccount) => {
      const decision = decided(policies, { ...request, principal }, sameAccount)
      fc.pre(decision.allowed)
      const policy = decision.type === 'resource' ? policies.resource : policies.identity[0]
      expect(policy?.statements[decision.by!.index]?.effect).toBe('Allow')
    }),
  )
})
