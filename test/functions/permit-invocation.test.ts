import { describe, expect, test } from 'vitest'
import type { FunctionPointer, PolicyStatement } from '../../src/functions/manifest.ts'
import { permitInvocation } from '../../src/functions/permit-invocation.ts'

const CALLER = {
  service: 'apigateway.amazonaws.com',
  sourceArn: 'arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets/4',
  sourceAccount: '000000000000',
}

const allow = (more: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Sid: 's',
  Effect: 'Allow',
  Principal: { Service: 'apigateway.amazonaws.com' },
  Action: 'lambda:InvokeFunction',
  Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f',
  ...more,
})

const withPolicies = (policies: FunctionPointer['policies']) => ({ policies }) as FunctionPointer

const permits = (statement: PolicyStatement) =>
  permitInvocation(withPolicies({ '': [statement] }), undefined, CALLER)

describe("a function's resource policy", () => {
  test('without a statement lets no service in', () => {
    expect(permitInvocation(withPolicies({}), undefined, CALLER)).toBe(false)
  })

  test.each([
    ['a statement for the service', allow(), true],
    ['a statement for another service', allow({ Principal: { Service: 's3.amazonaws.com' } }), false],
    ['a statement for another action', allow({ Action: 'lambda:GetFunction' }), false],
    ['everybody', allow({ Principal: '*' }), true],
    ['an account', allow({ Principal: { AWS: 'arn:aws:iam::000000000000:root' } }), false],
    [
      'an ARN with wildcards that fits',
      withArn('arn:aws:execute-api:us-east-1:000000000000:abc/*/GET/pets/*'),
      true,
    ],
    ['an ARN of another API', withArn('arn:aws:execute-api:us-east-1:000000000000:other/*'), false],
    [
      'an ARN whose dots are not wildcards',
      withArn('arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets.4'),
      false,
    ],
    ['a question mark', withArn('arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets/?'), true],
    [
      'an ARN whose wildcard would have to reach over a colon',
      withArn('arn:aws:execute-api:*:abc/prod/GET/pets/4'),
      false,
    ],
    ['wildcards in the first parts', withArn('arn:*:execute-api:*:*:abc/*'), true],
    ['a wildcard for all that comes', withArn('arn:aws:execute-api:us-east-1:000000000000:*'), true],
    [
      'the right account',
      allow({ Condition: { StringEquals: { 'AWS:SourceAccount': '000000000000' } } }),
      true,
    ],
    [
      'another account',
      allow({ Condition: { StringEquals: { 'AWS:SourceAccount': '111111111111' } } }),
      false,
    ],
    [
      'a condition that services do not meet',
      allow({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } }),
      false,
    ],
  ])('%s', (_name, statement, expected) => expect(permits(statement)).toBe(expected))

  test('is checked in a moment, however many wildcards it has', () => {
    const statement = withArn(`arn:aws:execute-api:us-east-1:000000000000:${'*a'.repeat(40)}`)
    const sourceArn = `arn:aws:execute-api:us-east-1:000000000000:${'a'.repeat(5_000)}/`
    const started = performance.now()
    expect(permitInvocation(withPolicies({ '': [statement] }), undefined, { ...CALLER, sourceArn })).toBe(
      false,
    )
    expect(performance.now() - started).toBeLessThan(500)
  })

  test.each<[string, Partial<PolicyStatement>, boolean]>([
    [
      'an account that it must come from',
      { Condition: { StringEquals: { 'AWS:SourceAccount': '000000000000' } } },
      true,
    ],
    ['another account', { Condition: { StringEquals: { 'AWS:SourceAccount': '999999999999' } } }, false],
    [
      'both an ARN and an account',
      {
        Condition: {
          StringEquals: { 'AWS:SourceAccount': '000000000000' },
          ArnLike: { 'AWS:SourceArn': 'arn:aws:execute-api:*:*:abc/*' },
        },
      },
      true,
    ],
    [
      'a token that the caller does not have',
      { Condition: { StringEquals: { 'lambda:EventSourceToken': 't' } } },
      false,
    ],
    [
      'an organization, which no account here is in',
      { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o' } } },
      false,
    ],
    [
      'a condition that nobody knows',
      { Condition: { SomehowEquals: { 'AWS:SourceAccount': '000000000000' } } },
      false,
    ],
  ])('with %s lets a service in: %s', (_, more, expected) => {
    expect(permits(allow(more))).toBe(expected)
  })

  test('lets anybody call a URL where it says so, and only in the way that it says', () => {
    const open = allow({
      Principal: '*',
      Action: 'lambda:InvokeFunctionUrl',
      Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
    })
    const anybody = (authType: string, statement = open) =>
      permitInvocation(withPolicies({ '': [statement] }), undefined, undefined, {
        action: 'lambda:InvokeFunctionUrl',
        context: { 'lambda:FunctionUrlAuthType': authType },
      })
    expect(anybody('NONE')).toBe(true)
    expect(anybody('AWS_IAM')).toBe(false)
    expect(anybody('NONE', allow({ Action: 'lambda:InvokeFunctionUrl' }))).toBe(false)
    expect(permitInvocation(withPolicies({ '': [open] }), undefined, CALLER)).toBe(false)
  })

  test('a grant on the function does not reach its aliases, nor the other way round', () => {
    const onFunction = withPolicies({ '': [allow()] })
    const onAlias = withPolicies({ prod: [allow()] })
    expect(permitInvocation(onFunction, 'prod', CALLER)).toBe(false)
    expect(permitInvocation(onAlias, 'prod', CALLER)).toBe(true)
    expect(permitInvocation(onAlias, undefined, CALLER)).toBe(false)
  })
})

function withArn(pattern: string): PolicyStatement {
  return allow({ Condition: { ArnLike: { 'AWS:SourceArn': pattern } } })
}
