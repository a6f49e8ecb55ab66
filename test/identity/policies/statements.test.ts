// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../../src/identity/policies/compile-policy.ts'
import { decide } from '../../../src/identity/policies/decide.ts'
import { allow, allows, decided, deny, identityPolicy, request } from './policy.ts'

describe('an action', () => {
  test.each([
    ['lambda:InvokeFunction', true],
    ['LAMBDA:invokefunction', true],
    ['lambda:Invoke*', true],
    ['lambda:Invoke?unction', true],
    ['*:InvokeFunction', true],
    ['*', true],
    ['lambda:Invoke', false],
    ['s3:*', false],
  ])('%s is met by an invocation: %s', (Action, met) => {
    expect(allows([allow({ Action })])).toBe(met)
    expect(allows([{ Effect: 'Allow', NotAction: Action, Resource: '*' }])).toBe(!met)
  })

  test('may be one of several', () => {
    expect(allows([allow({ Action: ['s3:*', 'lambda:InvokeFunction'] })])).toBe(true)
  })
})

describe('a resource', () => {
  const F = 'arn:aws:lambda:us-east-1:111122223333:function:f'
  test.each([
    [F, F, true],
    [`${F}:*`, F, false],
    [`${F}:*`, `${F}:prod`, true],
    [`${F}*`, `${F}:prod`, true],
    [F, `${F}:prod`, false],
    ['arn:aws:lambda:*:*:function:f', F, true],
    ['arn:*:lambda:us-east-?:111122223333:function:?', F, true],
    ['arn:aws:lambda:*:function:f', F, true],
    ['arn:aws:lambda:us*1:function:f', F, false],
    ['arn:aws:lambda:us*:function:f', F, true],
    ['arn:aws:lambda:*-1:*:function:?', F, true],
    ['arn:aws:lambda:us-east-1?111122223333:function:f', F, false],
    ['arn:aws:lambda:*', F, true],
    ['arn:aws:*', F, true],
    ['arn:aws:s3:*', F, false],
    ['arn:aws:lambda', F, true],
    ['arn:aws:lambda:us-east-1', F, true],
    ['arn:aws:lamb', F, false],
    ['*', F, true],
    ['*', '*', true],
    [F, '*', false],
    ['arn:aws:s3:::bucket/*', 'arn:aws:s3:::bucket/a/b:c', true],
    ['arn:aws:s3:::Bucket/*', 'arn:aws:s3:::bucket/a', false],
  ])('%s is %s: %s', (pattern, resource, met) => {
    expect(allows([allow({ Resource: pattern })], { resource })).toBe(met)
    expect(allows([allow({ NotResource: pattern })], { resource })).toBe(!met)
  })
})

test.each([10, 5_000, 200_000])('a name of %i characters is a name like any other', length => {
  const name = `arn:aws:s3:::${'a'.repeat(length)}`
  for (const resource of [name, `${name}b`]) {
    expect(allows([allow({ Resource: name })], { resource })).toBe(resource === name)
    expect(allows([allow({ Resource: `${name}?` })], { resource })).toBe(resource !== name)
    expect(allows([allow({ Resource: `${name}*` })], { resource })).toBe(true)
  }
})

describe('a variable', () => {
  const home = (statement: string) => [allow({ Resource: statement })]
  const at = (key: string, context: Record<string, string>) => ({
    resource: `arn:aws:s3:::bucket/${key}`,
    context,
  })

  test('stands for what the request says', () => {
    const statements = home('arn:aws:s3:::bucket/${aws:username}/*')
    expect(allows(statements, at('ann/file', { 'aws:username': 'ann' }))).toBe(true)
    expect(allows(statements, at('bob/file', { 'aws:username': 'ann' }))).toBe(false)
  })

  test('has its name without regard to case, and may name a tag', () => {
    const statements = home('arn:aws:s3:::bucket/${AWS:principaltag/Team}/*')
    expect(allows(statements, at('red/file', { 'aws:PrincipalTag/team': 'red' }))).toBe(true)
  })

  test('that the request has no value for matches nothing, unless there is a default', () => {
    expect(allows(home('arn:aws:s3:::bucket/${aws:username}/*'), at('/file', {}))).toBe(false)
    expect(allows(home('arn:aws:s3:::bucket/${aws:username}*'), at('ann/file', { 'aws:username': '' }))).toBe(
      false,
    )
    const withDefault = home("arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'all-of-us'}/*")
    expect(allows(withDefault, at('all-of-us/file', {}))).toBe(true)
    expect(allows(withDefault, at('red/file', { 'aws:PrincipalTag/team': 'red' }))).toBe(true)
    expect(allows(withDefault, at('all-of-us/file', { 'aws:PrincipalTag/team': 'red' }))).toBe(false)
  })

  test('brings no wildcard with it', () => {
    const statements = home('arn:aws:s3:::bucket/${aws:username}')
    expect(allows(statements, at('anything', { 'aws:username': '*' }))).toBe(false)
    expect(allows(statements, at('*', { 'aws:username': '*' }))).toBe(true)
  })

  test('can be an asterisk, a question mark or a dollar sign', () => {
    const statements = home('arn:aws:s3:::bucket/${*}${?}${$}')
    expect(allows(statements, at('*?$', {}))).toBe(true)
    expect(allows(statements, at('ab$', {}))).toBe(false)
  })

  test('is text before the fifth colon, and with colons in its value reaches over none after it', () => {
    const resource = 'arn:aws:sqs:us-east-1:111122223333:q'
    for (const Resource of ['arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q', 'arn:aws:sqs:${a:b}:q']) {
      const context = { 'aws:PrincipalAccount': '111122223333', 'a:b': 'us-east-1:111122223333' }
      expect(allows([allow({ Resource })], { resource, context })).toBe(false)
    }
    const after = [allow({ Resource: 'arn:aws:lambda:us-east-1:111122223333:function:${a:b}' })]
    const ask = (name: string) =>
      allows(after, {
        resource: `arn:aws:lambda:us-east-1:111122223333:function:${name}`,
        context: { 'a:b': 'f:prod' },
      })
    expect(ask('f:prod')).toBe(true)
    expect(ask('f:test')).toBe(false)
  })

  test('is text in policies of the version that has none', () => {
    const policy = compilePolicy(
      'old',
      { Version: '2008-10-17', Statement: allow({ Resource: 'arn:aws:s3:::bucket/${aws:username}' }) },
      'identity',
    )
    const ask = (key: string) =>
      decide({ identity: [policy] }, request(at(key, { 'aws:username': 'ann' })), true).allowed
    expect(ask('ann')).toBe(false)
    expect(ask('${aws:username}')).toBe(true)
  })
})

describe('of several statements', () => {
  test('none that allows means no', () => {
    expect(allows([])).toBe(false)
    expect(allows([deny({ Action: 's3:*' })])).toBe(false)
  })

  test('one that denies wins, wherever it stands', () => {
    expect(allows([allow(), deny({ Action: 'lambda:*' })])).toBe(false)
    expect(allows([deny({ Action: 'lambda:*' }), allow()])).toBe(false)
  })

  test('the deciding one is named', () => {
    const policy = identityPolicy(allow({ Sid: 'Reads', Action: 's3:Get*' }), allow({ Sid: 'Calls' }))
    expect(decided({ identity: [policy] })).toEqual({
      allowed: true,
      type: 'identity',
      by: { policy: 'identity', sid: 'Calls', index: 1 },
    })
    const denying = identityPolicy(allow(), deny({ Sid: 'Never' }))
    expect(decided({ identity: [policy, denying] })).toMatchObject({ allowed: false, by: { sid: 'Never' } })
    expect(decided({ identity: [identityPolicy()] })).toEqual({ allowed: false, type: 'identity' })
  })
})
