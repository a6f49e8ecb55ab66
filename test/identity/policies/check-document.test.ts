import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MANAGED_POLICIES } from '../../../src/identity/aws-managed-policies.ts'
import { type CheckedKind, checkDocument } from '../../../src/identity/policies/check-document.ts'

const VERSION = '2012-10-17'
const STATEMENT = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket/*' }

const said = (document: unknown, kind: CheckedKind = 'identity'): string => {
  const checked = checkDocument(typeof document === 'string' ? document : JSON.stringify(document), kind)
  return checked.ok ? 'fine' : checked.message
}

const with_ = (more: object) => ({ Version: VERSION, Statement: [{ ...STATEMENT, ...more }] })

describe('a policy of an identity', () => {
  test.each<[string, unknown, string]>([
    ['one statement', { Version: VERSION, Statement: STATEMENT }, 'fine'],
    ['several', { Version: VERSION, Id: 'x', Statement: [STATEMENT, STATEMENT] }, 'fine'],
    [
      'conditions',
      with_({ Condition: { 'ForAnyValue:StringLikeIfExists': { 'a:b': ['c'] }, Null: { x: true } } }),
      'fine',
    ],
    ['a resource that is not finished', with_({ Resource: 'arn:aws:lambda:*' }), 'fine'],
    [
      'opposites',
      { Version: VERSION, Statement: { Effect: 'Deny', NotAction: '*', NotResource: '*' } },
      'fine',
    ],
    ['no JSON', '{', 'Syntax errors in policy.'],
    ['a list', '[]', 'Syntax errors in policy.'],
    ['no statement', { Version: VERSION }, 'Syntax errors in policy.'],
    ['an unknown element', with_({ Actions: 's3:*' }), 'Syntax errors in policy.'],
    ['an unknown effect', with_({ Effect: 'Maybe' }), 'Syntax errors in policy.'],
    ['both an element and its opposite', with_({ NotAction: 's3:*' }), 'Syntax errors in policy.'],
    ['an operator that is none', with_({ Condition: { Equals: { a: 'b' } } }), 'Syntax errors in policy.'],
    [
      'a value that is none',
      with_({ Condition: { StringEquals: { a: { b: 1 } } } }),
      'Syntax errors in policy.',
    ],
    ['an action that is no text', with_({ Action: [1] }), 'Syntax errors in policy.'],
    ['an old version', { ...with_({}), Version: '2008-10-17' }, 'fine'],
    ['no version', { Statement: STATEMENT }, 'fine'],
    ['a version that is none', { ...with_({}), Version: '2030-01-01' }, 'Syntax errors in policy.'],
    [
      'statements that are not named',
      {
        Statement: [
          { ...STATEMENT, Sid: '' },
          { ...STATEMENT, Sid: '' },
        ],
      },
      'fine',
    ],
    [
      'dates',
      with_({ Condition: { DateLessThan: { 'aws:CurrentTime': ['2026-01-31T12:00:00Z', '1767225600'] } } }),
      'fine',
    ],
    [
      'a date that is none',
      with_({ Condition: { DateLessThanIfExists: { 'aws:CurrentTime': '31.1.2026' } } }),
      'The policy failed legacy parsing',
    ],
    [
      'a resource of too few parts',
      with_({ Resource: ['*', 'arn:aws:s3::bucket'] }),
      'The policy failed legacy parsing',
    ],
    [
      'a resource of no service',
      with_({ Resource: 'arn:aws::::bucket' }),
      'The policy failed legacy parsing',
    ],
    [
      'a region of IAM',
      with_({ Resource: 'arn:aws:iam:us-east-1:111122223333:role/any' }),
      'IAM resource arn:aws:iam:us-east-1:111122223333:role/any cannot contain region information.',
    ],
    ['a principal', with_({ Principal: '*' }), 'Policy document should not specify a principal.'],
    ['no action', with_({ Action: [] }), 'Policy statement must contain actions.'],
    ['no resource', with_({ Resource: undefined }), 'Policy statement must contain resources.'],
    [
      'an action without a service',
      with_({ Action: 'GetObject' }),
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    [
      'an action with two',
      with_({ Action: 's3:Get:Object' }),
      'Actions/Condition can contain only one colon.',
    ],
    ['a strange service', with_({ Action: 'a+a:Get' }), 'Vendor a+a is not valid'],
    [
      'a resource that is no ARN',
      with_({ Resource: 'bucket' }),
      'Resource bucket must be in ARN format or "*".',
    ],
    [
      'a partition that is none',
      with_({ Resource: 'arn:aw:s3:::bucket' }),
      'Partition "aw" is not valid for resource "arn:aw:s3:::bucket".',
    ],
    [
      'a statement id twice',
      {
        Version: VERSION,
        Statement: [
          { ...STATEMENT, Sid: 'a' },
          { ...STATEMENT, Sid: 'a' },
        ],
      },
      'Statement IDs (SID) in a single policy must be unique.',
    ],
  ])('with %s', (_, document, expected) => {
    expect(said(document)).toBe(expected)
  })

  test('of AWS’s own is one', () => {
    for (const { name, document } of MANAGED_POLICIES.values())
      expect([name, said(document, 'managed')]).toEqual([name, 'fine'])
  })

  test('that is managed says its version', () => {
    const old = 'Policy document must be version 2012-10-17 or greater.'
    expect(said({ Statement: STATEMENT }, 'managed')).toBe(old)
    expect(said({ ...with_({}), Version: '2008-10-17' }, 'managed')).toBe(old)
  })
})

describe('a trust policy', () => {
  const trust = (more: object = {}) => ({
    Version: VERSION,
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
      ...more,
    },
  })
  test.each<[string, unknown, string]>([
    ['a service', trust(), 'fine'],
    [
      'an account',
      trust({ Principal: { AWS: '111122223333' }, Action: ['sts:AssumeRole', 'sts:TagSession'] }),
      'fine',
    ],
    ['no JSON', 'x', 'This policy contains invalid Json'],
    ['a resource', trust({ Resource: '*' }), 'Has prohibited field Resource'],
    ['nobody', trust({ Principal: undefined }), 'Missing required field Principal'],
    ['an unknown kind of principal', trust({ Principal: { Aws: '*' } }), 'Syntax errors in policy.'],
    [
      'another action',
      trust({ Action: 's3:*' }),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
  ])('with %s', (_, document, expected) => {
    expect(said(document, 'trust')).toBe(expected)
  })
})

describe('a principal', () => {
  const ROLE = 'arn:aws:iam::111122223333:role'
  const STS = 'arn:aws:sts::111122223333'
  test.each<[unknown, string]>([
    ['*', 'fine'],
    [{ AWS: '*' }, 'fine'],
    [{ AWS: ['111122223333', 'arn:aws:iam::111122223333:root', `${ROLE}/team/worker`] }, 'fine'],
    [{ AWS: [`${STS}:assumed-role/worker/session`, `${STS}:federated-user/ann`] }, 'fine'],
    [{ AWS: 'AROAEXAMPLEEXAMPLE123' }, 'fine'],
    [{ Service: ['lambda.amazonaws.com', 'apigateway.amazonaws.com'] }, 'fine'],
    [{ Federated: ['accounts.google.com', 'arn:aws:iam::111122223333:oidc-provider/example.com'] }, 'fine'],
    [{ Federated: 'arn:aws:iam::111122223333:saml-provider/example' }, 'fine'],
    [{ AWS: `${ROLE}/*` }, `Invalid principal in policy: "AWS":"${ROLE}/*"`],
    [{ AWS: '1111' }, 'Invalid principal in policy: "AWS":"1111"'],
    [
      { AWS: 'arn:aws:iam::111122223333:group/g' },
      'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/g"',
    ],
    [
      { AWS: `${STS}:assumed-role/worker/*` },
      `Invalid principal in policy: "AWS":"${STS}:assumed-role/worker/*"`,
    ],
    [{ Service: 'lambda' }, 'Invalid principal in policy: "Service":"lambda"'],
    [{ CanonicalUser: '79a59df9' }, 'Invalid principal in policy: "CanonicalUser":"79a59df9"'],
    ['111122223333', 'Syntax errors in policy.'],
  ])('%j', (Principal, expected) => {
    const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }
    expect(said({ Version: VERSION, Statement: trust }, 'trust')).toBe(expected)
    const resource = { ...STATEMENT, Principal }
    expect(said({ Version: VERSION, Statement: resource }, 'resource')).toBe(expected)
  })

  test('may be excluded from what is denied, and not from what is allowed', () => {
    const excluding = (Effect: string) => ({
      Version: VERSION,
      Statement: { ...STATEMENT, Effect, NotPrincipal: { AWS: '111122223333' } },
    })
    expect(said(excluding('Deny'), 'resource')).toBe('fine')
    expect(said(excluding('Allow'), 'resource')).toBe('Has prohibited field NotPrincipal')
  })
})

test('no text is too strange to be judged', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map(value => `{"Statement":${value}}`),
      ),
      text => {
        expect(typeof checkDocument(text, 'identity').ok).toBe('boolean')
        expect(typeof checkDocument(text, 'trust').ok).toBe('boolean')
      },
    ),
  )
})
