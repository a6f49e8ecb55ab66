import { describe, expect, test } from 'vitest'
import type { Authority } from '../../src/identity/authority.ts'
import { decideForService } from '../../src/identity/decide-for-service.ts'
import { compilePolicy } from '../../src/identity/policies/compile-policy.ts'
import type { StatementDocument } from '../../src/identity/policies/policy-document.ts'

const ACCOUNT = '111122223333'
const TARGET = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:guard`

interface Role {
  readonly trust?: Partial<StatementDocument>
  readonly allows?: string
}

function mayCall(role: Role | undefined, more: { role?: string; unknown?: 'everything' | 'nothing' } = {}) {
  const authority: Authority = {
    userOf: async () => undefined,
    policyOf: async () => undefined,
    roleOf: async () =>
      role && {
        uid: 'AROA1',
        tags: {},
        identity: [
          compilePolicy(
            'p',
            {
              Version: '2012-10-17',
              Statement: {
                Effect: 'Allow',
                Action: 'lambda:InvokeFunction',
                Resource: role.allows ?? TARGET,
              },
            },
            'identity',
          ),
        ],
        boundary: undefined,
        trust: compilePolicy(
          'trust',
          {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Action: 'sts:AssumeRole',
              Principal: { Service: 'apigateway.amazonaws.com' },
              ...role.trust,
            },
          },
          'resource',
        ),
        maxSessionDuration: 3600,
      },
    resourcePolicy: () => undefined,
    unknownRoles: more.unknown ?? 'nothing',
  }
  const acting = {
    service: 'apigateway.amazonaws.com',
    account: ACCOUNT,
    role: more.role ?? `arn:aws:iam::${ACCOUNT}:role/gateway`,
    session: 'call',
  }
  return decideForService(authority, acting, { action: 'lambda:InvokeFunction', resource: TARGET })
}

describe('a service that acts in a role', () => {
  test('may do what the role allows', async () => {
    expect(await mayCall({})).toBe(true)
    expect(await mayCall({ allows: 'arn:aws:lambda:*:*:function:other' })).toBe(false)
  })

  test('has to be trusted by it', async () => {
    expect(await mayCall({ trust: { Principal: { Service: 'lambda.amazonaws.com' } } })).toBe(false)
    const elsewhere = { StringEquals: { 'aws:SourceAccount': '999999999999' } }
    expect(await mayCall({ trust: { Condition: elsewhere } })).toBe(false)
  })

  test('takes no role of another account', async () => {
    expect(await mayCall({}, { role: 'arn:aws:iam::999999999999:role/gateway' })).toBe(false)
  })

  test('may do in a role that nobody created what such roles may', async () => {
    expect(await mayCall(undefined)).toBe(false)
    expect(await mayCall(undefined, { unknown: 'everything' })).toBe(true)
  })
})
