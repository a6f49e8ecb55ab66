import type { StatementDocument } from '../../../../src/identity/policies/policy-document.ts'
import type { Principal } from '../../../../src/identity/policies/request.ts'
import {
  ACCOUNT,
  ANYBODY,
  allowing,
  denying,
  type EvaluationCase,
  FEDERATED_ARN,
  FEDERATED_USER,
  GET,
  OTHER_ACCOUNT,
  ROLE_ARN,
  ROOT,
  ROOT_ARN,
  SERVICE,
  SESSION,
  SESSION_ARN,
  SOURCES,
  USER,
  USER_ARN,
  WEB_IDENTITY,
} from './evaluation-case.ts'

type Who = StatementDocument['Principal']

/** Whether a resource's policy that names somebody lets a caller in who has no other policy. */
const named = (name: string, Principal: Who, principal: Principal, letsIn: boolean): EvaluationCase => ({
  name,
  source: SOURCES.principal,
  policies: { resource: [allowing('R', { Principal })] },
  request: { ...GET, principal },
  expected: letsIn ? ['allowed', 'resource', 'R'] : ['implicitly denied', 'identity'],
})

/** The same of a policy that denies, where everything else allows. */
const denied = (name: string, Principal: Who, principal: Principal, isAbout: boolean): EvaluationCase => ({
  name,
  source: SOURCES.principal,
  policies: { identity: [allowing('All')], resource: [denying('D', { Principal })] },
  request: { ...GET, principal },
  expected: isAbout ? ['explicitly denied', 'resource', 'D'] : ['allowed', 'identity', 'All'],
})

const PRINCIPALS: readonly EvaluationCase[] = [
  named('a user by its ARN', { AWS: USER_ARN }, USER, true),
  named('another user by its ARN', { AWS: `${USER_ARN}2` }, USER, false),
  named(
    'a user’s ARN is case sensitive',
    { AWS: USER_ARN.replace('exampleuser', 'ExampleUser') },
    USER,
    false,
  ),
  named('one of several users', { AWS: [`${USER_ARN}2`, USER_ARN] }, USER, true),
  named('a role by its ARN', { AWS: ROLE_ARN }, SESSION, true),
  named('another role by its ARN', { AWS: `${ROLE_ARN}2` }, SESSION, false),
  named('a session by its ARN', { AWS: SESSION_ARN }, SESSION, true),
  named('another session of the role', { AWS: `${SESSION_ARN}2` }, SESSION, false),
  named(
    'a wildcard for all sessions is no name',
    { AWS: SESSION_ARN.replace(/\/[^/]*$/, '/*') },
    SESSION,
    false,
  ),
  named('a wildcard in a role’s name is no name', { AWS: `arn:aws:iam::${ACCOUNT}:role/*` }, SESSION, false),
  named('a federated user by its ARN', { AWS: FEDERATED_ARN }, FEDERATED_USER, true),
  named('a federated user is not the user of its name', { AWS: FEDERATED_ARN }, USER, false),
  named('the account alone lets no user in', { AWS: ACCOUNT }, USER, false),
  named('the account’s ARN alone lets no session in', { AWS: ROOT_ARN }, SESSION, false),
  named('the account is its root', { AWS: ACCOUNT }, ROOT, true),
  named('the account’s ARN is its root', { AWS: ROOT_ARN }, ROOT, true),
  named('everybody: a user', '*', USER, true),
  named('everybody: a session', '*', SESSION, true),
  named('everybody, written as AWS: a user', { AWS: '*' }, USER, true),
  named('everybody: whoever signed nothing', '*', ANYBODY, true),
  named('everybody, written as AWS: whoever signed nothing', { AWS: '*' }, ANYBODY, true),
  named('an account lets in nobody who signed nothing', { AWS: ACCOUNT }, ANYBODY, false),
  named('a service by its name', { Service: ['s3.amazonaws.com', 'sns.amazonaws.com'] }, SERVICE, true),
  named('another service', { Service: 's3.amazonaws.com' }, SERVICE, false),
  named('a service’s name is no account', { AWS: 'sns.amazonaws.com' }, SERVICE, false),
  named('a provider of identities by its name', { Federated: 'accounts.google.com' }, WEB_IDENTITY, true),
  named('another provider of identities', { Federated: 'graph.facebook.com' }, WEB_IDENTITY, false),
  named('a provider’s name is no account', { AWS: 'accounts.google.com' }, WEB_IDENTITY, false),
  named(
    'a provider of identities by its ARN',
    { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/example.com` },
    { kind: 'federated', provider: `arn:aws:iam::${ACCOUNT}:oidc-provider/example.com` },
    true,
  ),
  denied('a denial by the user’s ARN', { AWS: USER_ARN }, USER, true),
  denied('a denial by another’s ARN', { AWS: `${USER_ARN}2` }, USER, false),
  denied('a denial by the role’s ARN meets its sessions', { AWS: ROLE_ARN }, SESSION, true),
  denied('a denial by the account meets its users', { AWS: ACCOUNT }, USER, true),
  denied('a denial by the account meets its sessions', { AWS: ROOT_ARN }, SESSION, true),
  denied('a denial of everybody meets everybody', '*', USER, true),
  denied('a denial of another account', { AWS: OTHER_ACCOUNT }, USER, false),
]

/** A denial of all who are not named. */
const sparing = (
  name: string,
  names: readonly string[],
  principal: Principal,
  spared: boolean,
  bounded = false,
): EvaluationCase => ({
  name: `NotPrincipal with Deny: ${name}`,
  source: SOURCES.notPrincipal,
  policies: {
    identity: [allowing('All')],
    resource: [denying('D', { NotPrincipal: { AWS: names } })],
    boundary: bounded ? [allowing('Boundary')] : undefined,
  },
  request: { ...GET, principal },
  expected: spared ? ['allowed', 'identity', 'All'] : ['explicitly denied', 'resource', 'D'],
})

/** An allowance for all who are not named. */
const excepting = (
  name: string,
  names: readonly string[],
  principal: Principal,
  letsIn: boolean,
): EvaluationCase => ({
  name: `NotPrincipal with Allow: ${name}`,
  source: SOURCES.notPrincipal,
  policies: { resource: [allowing('A', { NotPrincipal: { AWS: names } })] },
  request: { ...GET, principal },
  expected: letsIn ? ['allowed', 'resource', 'A'] : ['implicitly denied', 'identity'],
})

const NOT_PRINCIPALS: readonly EvaluationCase[] = [
  sparing('a user with its account', [USER_ARN, ROOT_ARN], USER, true),
  sparing('a user without its account', [USER_ARN], USER, false),
  sparing('the account without the user', [ROOT_ARN], USER, false),
  sparing('another user', [`${USER_ARN}2`, ROOT_ARN], USER, false),
  sparing('a session with its role and account', [SESSION_ARN, ROLE_ARN, ROOT_ARN], SESSION, true),
  sparing('a session without its role', [SESSION_ARN, ROOT_ARN], SESSION, false),
  sparing('a session without its account', [SESSION_ARN, ROLE_ARN], SESSION, false),
  sparing('another session of the role', [`${SESSION_ARN}2`, ROLE_ARN, ROOT_ARN], SESSION, false),
  sparing('the root by its account', [ROOT_ARN], ROOT, true),
  sparing('whoever has a permissions boundary is always denied', [USER_ARN, ROOT_ARN], USER, false, true),
  sparing('so is a session', [SESSION_ARN, ROLE_ARN, ROOT_ARN], SESSION, false, true),
  excepting('others are let in', [`${USER_ARN}2`], USER, true),
  excepting('who signed nothing is let in', [USER_ARN], ANYBODY, true),
  excepting('whoever is named is not', [USER_ARN], USER, false),
  excepting('nor are sessions of a role that is', [ROLE_ARN], SESSION, false),
  excepting('nor is anybody of an account that is', [ROOT_ARN], USER, false),
]

export const PRINCIPAL_CASES = [...PRINCIPALS, ...NOT_PRINCIPALS]
