import type {
  PrincipalElement,
  StatementDocument,
} from '../../../../src/identity/policies/policy-document.ts'
import type { Principal } from '../../../../src/identity/policies/request.ts'
import {
  ACCOUNT,
  ANYBODY,
  allowing,
  BUCKET,
  type CasePolicies,
  type CaseRequest,
  denying,
  type EvaluationCase,
  type Expected,
  FEDERATED_ARN,
  FEDERATED_USER,
  GET,
  OBJECT,
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
import type { ChartRow } from './flow-charts.ts'

const I = [allowing('I')]
const B = [allowing('B')]
const S = [allowing('S')]
const I_DENIES = [allowing('I'), denying('NoI')]
const B_DENIES = [allowing('B'), denying('NoB')]
const S_DENIES = [allowing('S'), denying('NoS')]
const R_DENIES = [denying('NoR', { Principal: '*' })]
/** Policies that are there, and say nothing of the request. */
const SILENT = [allowing('Silent', { Action: 'ec2:*' })]

const R = (Principal: PrincipalElement): StatementDocument[] => [allowing('R', { Principal })]
const aws = (AWS: string): PrincipalElement => ({ AWS })

const row = (
  name: string,
  principal: Principal,
  policies: CasePolicies,
  expected: Expected,
  chart: readonly ChartRow[] = [],
  source: string = SOURCES.evaluation,
  request: Partial<CaseRequest> = {},
): EvaluationCase => ({ name, source, chart, policies, request: { ...GET, principal, ...request }, expected })

const ROLE_CHART: readonly EvaluationCase[] = [
  row(
    'role: a deny of its own policy',
    SESSION,
    { identity: I_DENIES, resource: R(aws(SESSION_ARN)), boundary: B, session: S },
    ['explicitly denied', 'identity', 'NoI'],
    ['role: a policy denies explicitly'],
  ),
  row(
    'role: a deny of the resource’s policy',
    SESSION,
    { identity: I, resource: [...R(aws(SESSION_ARN)), ...R_DENIES], boundary: B, session: S },
    ['explicitly denied', 'resource', 'NoR'],
    ['role: a policy denies explicitly'],
  ),
  row(
    'role: a deny of its boundary, whatever names its session',
    SESSION,
    { identity: I, resource: R(aws(SESSION_ARN)), boundary: B_DENIES, session: S },
    ['explicitly denied', 'boundary', 'NoB'],
    ['role: a policy denies explicitly'],
  ),
  row(
    'role: a deny of its session policy, whatever names its session',
    SESSION,
    { identity: I, resource: R(aws(SESSION_ARN)), boundary: B, session: S_DENIES },
    ['explicitly denied', 'session', 'NoS'],
    ['role: a policy denies explicitly'],
  ),
  row(
    'role: everything allows, and no organization has a say',
    SESSION,
    { identity: I, boundary: B, session: S },
    ['allowed', 'identity', 'I'],
    [
      'role: no policy denies explicitly',
      'role: there is no resource control policy',
      'role: there is no service control policy',
      'role: the resource’s policy allows nothing',
      'role: an identity-based policy allows',
      'role: the permissions boundary allows',
      'role: a session policy allows',
    ],
    SOURCES.singleAccount,
  ),
  row(
    'role: no organization allows what no policy does',
    SESSION,
    {},
    ['implicitly denied', 'identity'],
    ['role: there is no resource control policy', 'role: there is no service control policy'],
    SOURCES.singleAccount,
  ),
  row(
    'role: the resource names the session, and nothing else allows',
    SESSION,
    { identity: SILENT, resource: R(aws(SESSION_ARN)), boundary: SILENT, session: SILENT },
    ['allowed', 'resource', 'R'],
    ['role: the resource’s policy allows the session'],
  ),
  row(
    'role: the resource names the session, which has no policies',
    SESSION,
    { resource: R(aws(SESSION_ARN)) },
    ['allowed', 'resource', 'R'],
    ['role: the resource’s policy allows the session'],
  ),
  row(
    'role: the resource names the role, and nothing limits it',
    SESSION,
    { identity: SILENT, resource: R(aws(ROLE_ARN)) },
    ['allowed', 'resource', 'R'],
    [
      'role: the resource’s policy allows the role',
      'role: there is no permissions boundary',
      'role: there is no session policy',
    ],
  ),
  row(
    'role: the resource names the role, and boundary and session allow',
    SESSION,
    { resource: R(aws(ROLE_ARN)), boundary: B, session: S },
    ['allowed', 'resource', 'R'],
    ['role: the resource’s policy allows the role', 'role: the permissions boundary allows'],
  ),
  row(
    'role: the resource names the role, and the boundary does not allow',
    SESSION,
    { identity: I, resource: R(aws(ROLE_ARN)), boundary: SILENT, session: S },
    ['implicitly denied', 'boundary'],
    ['role: the resource’s policy allows the role', 'role: the permissions boundary does not allow'],
  ),
  row(
    'role: the resource names the role, and the session policy does not allow',
    SESSION,
    { identity: I, resource: R(aws(ROLE_ARN)), boundary: B, session: SILENT },
    ['implicitly denied', 'session'],
    ['role: the resource’s policy allows the role', 'role: no session policy allows'],
  ),
  row(
    'role: the resource names role and session, so the session’s own grant counts',
    SESSION,
    { resource: R({ AWS: [ROLE_ARN, SESSION_ARN] }), boundary: SILENT, session: SILENT },
    ['allowed', 'resource', 'R'],
    ['role: the resource’s policy allows the session'],
  ),
  row(
    'role: no identity-based policy allows',
    SESSION,
    { identity: SILENT, boundary: B, session: S },
    ['implicitly denied', 'identity'],
    ['role: no identity-based policy allows'],
  ),
  row(
    'role: no policy at all',
    SESSION,
    {},
    ['implicitly denied', 'identity'],
    ['role: no identity-based policy allows'],
  ),
  row(
    'role: an identity-based policy allows, and nothing limits it',
    SESSION,
    { identity: I },
    ['allowed', 'identity', 'I'],
    [
      'role: an identity-based policy allows',
      'role: there is no permissions boundary',
      'role: there is no session policy',
    ],
  ),
  row(
    'role: the boundary does not allow',
    SESSION,
    { identity: I, boundary: SILENT, session: S },
    ['implicitly denied', 'boundary'],
    ['role: the permissions boundary does not allow'],
  ),
  row(
    'role: the session policy does not allow',
    SESSION,
    { identity: I, boundary: B, session: SILENT },
    ['implicitly denied', 'session'],
    ['role: no session policy allows'],
  ),
  row(
    'role: a session policy gives nothing that the role has not',
    SESSION,
    { identity: SILENT, session: S },
    ['implicitly denied', 'identity'],
    ['role: no identity-based policy allows'],
    SOURCES.policyTypes,
  ),
  row(
    'role: a boundary gives nothing that the role has not',
    SESSION,
    { identity: SILENT, boundary: B },
    ['implicitly denied', 'identity'],
    [],
    SOURCES.boundaries,
  ),
]

const USER_CHART: readonly EvaluationCase[] = [
  row(
    'user: a deny of a policy of its own',
    USER,
    { identity: I_DENIES, resource: R(aws(USER_ARN)), boundary: B },
    ['explicitly denied', 'identity', 'NoI'],
    ['user: a policy denies explicitly'],
  ),
  row(
    'user: a deny of the resource’s policy',
    USER,
    { identity: I, resource: R_DENIES },
    ['explicitly denied', 'resource', 'NoR'],
    ['user: a policy denies explicitly'],
  ),
  row(
    'user: a deny of the boundary',
    USER,
    { identity: I, resource: R(aws(USER_ARN)), boundary: B_DENIES },
    ['explicitly denied', 'boundary', 'NoB'],
    ['user: a policy denies explicitly'],
  ),
  row(
    'user: own policies and boundary allow, and no organization has a say',
    USER,
    { identity: I, boundary: B },
    ['allowed', 'identity', 'I'],
    [
      'user: no policy denies explicitly',
      'user: there is no resource control policy',
      'user: there is no service control policy',
      'user: the resource’s policy allows nothing',
      'user: an identity-based policy allows',
      'user: the permissions boundary allows',
      'user: it is no session',
    ],
    SOURCES.singleAccount,
  ),
  row(
    'user: no organization allows what no policy does',
    USER,
    {},
    ['implicitly denied', 'identity'],
    ['user: there is no resource control policy', 'user: there is no service control policy'],
    SOURCES.singleAccount,
  ),
  row(
    'user: the resource names it, and neither its policies nor its boundary allow',
    USER,
    { identity: SILENT, resource: R(aws(USER_ARN)), boundary: SILENT },
    ['allowed', 'resource', 'R'],
    ['user: the resource’s policy allows the user'],
  ),
  row(
    'user: its policies allow, and the resource’s say nothing of it',
    USER,
    { identity: I, resource: R(aws(`${USER_ARN}2`)) },
    ['allowed', 'identity', 'I'],
    [
      'user: the resource’s policy allows nothing',
      'user: there is no permissions boundary',
      'user: it is no session',
    ],
  ),
  row(
    'user: no identity-based policy allows',
    USER,
    { identity: SILENT, boundary: B },
    ['implicitly denied', 'identity'],
    ['user: no identity-based policy allows'],
  ),
  row(
    'user: the boundary does not allow',
    USER,
    { identity: I, boundary: SILENT },
    ['implicitly denied', 'boundary'],
    ['user: the permissions boundary does not allow'],
  ),
  row(
    'user: neither its policies nor the resource’s allow',
    USER,
    { identity: SILENT, resource: R(aws(ROLE_ARN)) },
    ['implicitly denied', 'identity'],
    ['user: no identity-based policy allows', 'user: the resource’s policy allows nothing'],
  ),
]

const FEDERATED_CHART: readonly EvaluationCase[] = [
  row(
    'federated user: a deny of the session policy',
    FEDERATED_USER,
    { identity: I, resource: R(aws(FEDERATED_ARN)), session: S_DENIES },
    ['explicitly denied', 'session', 'NoS'],
    ['federated user: a policy denies explicitly'],
  ),
  row(
    'federated user: a deny of the user’s policy',
    FEDERATED_USER,
    { identity: I_DENIES, session: S },
    ['explicitly denied', 'identity', 'NoI'],
    ['federated user: a policy denies explicitly'],
  ),
  row(
    'federated user: the resource names the session, and nothing else allows',
    FEDERATED_USER,
    { identity: SILENT, resource: R(aws(FEDERATED_ARN)), boundary: SILENT, session: SILENT },
    ['allowed', 'resource', 'R'],
    ['federated user: the resource’s policy allows the session'],
  ),
  row(
    'federated user: the resource names the session, which has no session policy',
    FEDERATED_USER,
    { resource: R(aws(FEDERATED_ARN)) },
    ['allowed', 'resource', 'R'],
    ['federated user: the resource’s policy allows the session'],
  ),
  row(
    'federated user: the resource names the user, and the session policy allows',
    FEDERATED_USER,
    { identity: SILENT, resource: R(aws(USER_ARN)), session: S },
    ['allowed', 'resource', 'R'],
    ['federated user: the resource’s policy allows the user'],
  ),
  row(
    'federated user: the resource names the user, and the session policy does not allow',
    FEDERATED_USER,
    { resource: R(aws(USER_ARN)), session: SILENT },
    ['implicitly denied', 'session'],
    ['federated user: the resource’s policy allows the user', 'federated user: no session policy allows'],
  ),
  row(
    'federated user: the resource names the user, and the boundary does not allow',
    FEDERATED_USER,
    { resource: R(aws(USER_ARN)), boundary: SILENT, session: S },
    ['implicitly denied', 'boundary'],
    [
      'federated user: the resource’s policy allows the user',
      'federated user: the permissions boundary does not allow',
    ],
    SOURCES.boundaries,
  ),
  row(
    'federated user: the user’s policies do not allow',
    FEDERATED_USER,
    { identity: SILENT, session: S },
    ['implicitly denied', 'identity'],
    ['federated user: no identity-based policy allows'],
  ),
  row(
    'federated user: the user’s boundary does not allow',
    FEDERATED_USER,
    { identity: I, boundary: SILENT, session: S },
    ['implicitly denied', 'boundary'],
    ['federated user: the permissions boundary does not allow'],
  ),
  row(
    'federated user: without a session policy it has nothing of the user’s',
    FEDERATED_USER,
    { identity: I },
    ['implicitly denied', 'session'],
    ['federated user: there is no session policy'],
  ),
  row(
    'federated user: user and session policy allow',
    FEDERATED_USER,
    { identity: I, session: S },
    ['allowed', 'identity', 'I'],
    ['federated user: a session policy allows'],
  ),
  row(
    'federated user: the session policy does not allow',
    FEDERATED_USER,
    { identity: I, session: SILENT },
    ['implicitly denied', 'session'],
    ['federated user: no session policy allows'],
  ),
  row(
    'federated root: what the root may is limited by the session policy alone',
    { kind: 'federated-user', account: ACCOUNT, arn: FEDERATED_ARN },
    { identity: I, session: [allowing('S', { Action: 's3:*' })] },
    ['allowed', 'identity', 'I'],
    ['federated user: a session policy allows'],
    SOURCES.principal,
  ),
]

/** The root comes with a policy that allows everything. */
const ROOTS = [allowing('Root')]

const OTHER_CALLERS: readonly EvaluationCase[] = [
  row(
    'root: everything',
    ROOT,
    { identity: ROOTS },
    ['allowed', 'identity', 'Root'],
    ['root: it has full access'],
  ),
  row(
    'root: a deny of a resource’s policy',
    ROOT,
    { identity: ROOTS, resource: R_DENIES },
    ['explicitly denied', 'resource', 'NoR'],
    [],
    SOURCES.principal,
  ),
  row(
    'root: what the resource gives its account',
    ROOT,
    { identity: ROOTS, resource: R(aws(ACCOUNT)) },
    ['allowed', 'resource', 'R'],
    [],
    SOURCES.principal,
  ),
  row('service: by its name', SERVICE, { resource: R({ Service: 'sns.amazonaws.com' }) }, [
    'allowed',
    'resource',
    'R',
  ]),
  row('service: not by another’s', SERVICE, { resource: R({ Service: 's3.amazonaws.com' }) }, [
    'implicitly denied',
    'identity',
  ]),
  row(
    'service: on behalf of the topic that is named',
    SERVICE,
    {
      resource: [
        allowing('R', {
          Principal: { Service: 'sns.amazonaws.com' },
          Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:us-east-1:111122223333:topic' } },
        }),
      ],
    },
    ['allowed', 'resource', 'R'],
    [],
    SOURCES.operators,
    { context: { 'aws:SourceArn': 'arn:aws:sns:us-east-1:111122223333:topic' } },
  ),
  row(
    'service: on behalf of nothing',
    SERVICE,
    {
      resource: [
        allowing('R', {
          Principal: { Service: 'sns.amazonaws.com' },
          Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:us-east-1:111122223333:topic' } },
        }),
      ],
    },
    ['implicitly denied', 'identity'],
    [],
    SOURCES.operators,
  ),
  row(
    'anybody: where everybody may',
    ANYBODY,
    { resource: R('*') },
    ['allowed', 'resource', 'R'],
    [],
    SOURCES.principal,
  ),
  row('anybody: where a policy denies', ANYBODY, { resource: [...R('*'), ...R_DENIES] }, [
    'explicitly denied',
    'resource',
    'NoR',
  ]),
  row('anybody: where nobody is named', ANYBODY, {}, ['implicitly denied', 'identity']),
  row(
    'everybody: a user’s boundary does not limit it',
    USER,
    { resource: R('*'), boundary: SILENT },
    ['allowed', 'resource', 'R'],
    [],
    SOURCES.principal,
  ),
  row(
    'everybody with the role’s ARN as a condition: boundary and session policy do not limit it',
    SESSION,
    {
      resource: [
        allowing('R', { Principal: '*', Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE_ARN } } }),
      ],
      boundary: SILENT,
      session: SILENT,
    },
    ['allowed', 'resource', 'R'],
    [],
    SOURCES.principal,
    { context: { 'aws:PrincipalArn': ROLE_ARN } },
  ),
  row(
    'everybody with the role’s ARN as a condition: an explicit deny does',
    SESSION,
    {
      resource: [
        allowing('R', { Principal: '*', Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE_ARN } } }),
      ],
      boundary: B_DENIES,
    },
    ['explicitly denied', 'boundary', 'NoB'],
    [],
    SOURCES.principal,
    { context: { 'aws:PrincipalArn': ROLE_ARN } },
  ),
  row(
    'everybody but one user denied by ARN',
    USER,
    {
      identity: I,
      resource: [
        denying('D', { Principal: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': USER_ARN } } }),
      ],
    },
    ['allowed', 'identity', 'I'],
    [],
    SOURCES.principal,
    { context: { 'aws:PrincipalArn': USER_ARN } },
  ),
  ...[USER, SESSION, FEDERATED_USER].map(principal =>
    row(
      `the account is named, and leaves it to the policies of its ${principal.kind}`,
      principal,
      { identity: I, resource: R(aws(ACCOUNT)), session: principal.kind === 'user' ? undefined : S },
      ['allowed', 'identity', 'I'],
      [],
      SOURCES.principal,
    ),
  ),
  ...[USER, SESSION].map(principal =>
    row(
      `the account is named, and the policies of its ${principal.kind} say nothing`,
      principal,
      { identity: SILENT, resource: R(aws(ROOT_ARN)) },
      ['implicitly denied', 'identity'],
      [],
      SOURCES.principal,
    ),
  ),
  row(
    'the account is named, and the boundary does not allow',
    USER,
    { identity: I, resource: R(aws(ROOT_ARN)), boundary: SILENT },
    ['implicitly denied', 'boundary'],
    [],
    SOURCES.boundaries,
  ),
]

const TRUST = { action: 'sts:AssumeRole', resource: ROLE_ARN } as const
const trust = (principal: PrincipalElement, Action = 'sts:AssumeRole'): StatementDocument[] => [
  { Sid: 'Trust', Effect: 'Allow', Principal: principal, Action },
]
const KEY = {
  action: 'kms:Decrypt',
  resource: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
} as const

/** "IAM role trust policies and KMS key policies are exceptions to this logic." */
const MUST_ALLOW: readonly EvaluationCase[] = [
  row(
    'a trust policy that says nothing lets in nobody, whatever their own policies allow',
    USER,
    { identity: I, resource: trust(aws(`${USER_ARN}2`)), resourceMustAllow: true },
    ['implicitly denied', 'resource'],
    [],
    SOURCES.evaluation,
    TRUST,
  ),
  row(
    'a trust policy that names a user of the account is enough',
    USER,
    { identity: SILENT, resource: trust(aws(USER_ARN)), resourceMustAllow: true },
    ['allowed', 'resource', 'Trust'],
    [],
    SOURCES.evaluation,
    TRUST,
  ),
  row(
    'a trust policy that names the account leaves it to the user’s policies: they allow',
    USER,
    { identity: I, resource: trust(aws(ACCOUNT)), resourceMustAllow: true },
    ['allowed', 'identity', 'I'],
    [],
    SOURCES.principal,
    TRUST,
  ),
  row(
    'a trust policy that names the account leaves it to the user’s policies: they do not',
    USER,
    { identity: SILENT, resource: trust(aws(ACCOUNT)), resourceMustAllow: true },
    ['implicitly denied', 'identity'],
    [],
    SOURCES.principal,
    TRUST,
  ),
  row(
    'a trust policy between accounts needs the user’s own policy, too: it allows',
    USER,
    { identity: I, resource: trust(aws(USER_ARN)), resourceMustAllow: true },
    ['allowed', 'identity', 'I'],
    [],
    SOURCES.crossAccount,
    { ...TRUST, owner: OTHER_ACCOUNT },
  ),
  row(
    'a trust policy between accounts needs the user’s own policy, too: it does not',
    USER,
    { identity: SILENT, resource: trust(aws(USER_ARN)), resourceMustAllow: true },
    ['implicitly denied', 'identity'],
    [],
    SOURCES.crossAccount,
    { ...TRUST, owner: OTHER_ACCOUNT },
  ),
  row(
    'a trust policy that names a provider lets in whom it vouches for',
    WEB_IDENTITY,
    {
      resource: trust({ Federated: 'accounts.google.com' }, 'sts:AssumeRoleWithWebIdentity'),
      resourceMustAllow: true,
    },
    ['allowed', 'resource', 'Trust'],
    [],
    SOURCES.principal,
    { action: 'sts:AssumeRoleWithWebIdentity', resource: ROLE_ARN },
  ),
  row(
    'a trust policy that names a provider is for its own action',
    WEB_IDENTITY,
    { resource: trust({ Federated: 'accounts.google.com' }), resourceMustAllow: true },
    ['implicitly denied', 'resource'],
    [],
    SOURCES.principal,
    { action: 'sts:AssumeRoleWithWebIdentity', resource: ROLE_ARN },
  ),
  row(
    'a key policy that says nothing lets in nobody',
    SESSION,
    { identity: I, resource: [], resourceMustAllow: true },
    ['implicitly denied', 'resource'],
    [],
    SOURCES.evaluation,
    KEY,
  ),
  row(
    'a key policy that names the account lets its policies decide',
    SESSION,
    { identity: I, resource: R(aws(ROOT_ARN)), resourceMustAllow: true },
    ['allowed', 'identity', 'I'],
    [],
    SOURCES.evaluation,
    KEY,
  ),
  row(
    'the root needs the key policy, too',
    ROOT,
    { identity: ROOTS, resource: R(aws(USER_ARN)), resourceMustAllow: true },
    ['implicitly denied', 'resource'],
    [],
    SOURCES.evaluation,
    KEY,
  ),
]

const FOREIGN = { owner: OTHER_ACCOUNT }
const across = (
  name: string,
  principal: Principal,
  policies: CasePolicies,
  expected: Expected,
  chart: readonly ChartRow[] = [],
) => row(`between accounts: ${name}`, principal, policies, expected, chart, SOURCES.crossAccount, FOREIGN)

const CROSS_ACCOUNT: readonly EvaluationCase[] = [
  across(
    'a deny of the caller’s own policy',
    USER,
    { identity: I_DENIES, resource: R(aws(USER_ARN)) },
    ['explicitly denied', 'identity', 'NoI'],
    ['between accounts: a policy of the caller’s denies explicitly'],
  ),
  across(
    'a deny of the caller’s boundary',
    USER,
    { identity: I, resource: R(aws(USER_ARN)), boundary: B_DENIES },
    ['explicitly denied', 'boundary', 'NoB'],
    ['between accounts: a policy of the caller’s denies explicitly'],
  ),
  across(
    'a deny of the resource’s policy',
    USER,
    { identity: I, resource: [...R(aws(USER_ARN)), ...R_DENIES] },
    ['explicitly denied', 'resource', 'NoR'],
    ['between accounts: the resource’s policy denies explicitly'],
  ),
  across(
    'both sides allow a user, and no organization has a say',
    USER,
    { identity: I, resource: R(aws(USER_ARN)) },
    ['allowed', 'identity', 'I'],
    [
      'between accounts: both sides allow',
      'between accounts: there is no resource control policy',
      'between accounts: there is no service control policy',
    ],
  ),
  across(
    'both sides allow a role',
    SESSION,
    { identity: I, resource: R(aws(ROLE_ARN)) },
    ['allowed', 'identity', 'I'],
    ['between accounts: both sides allow'],
  ),
  across(
    'both sides allow, the resource by naming the account',
    USER,
    { identity: I, resource: R(aws(ACCOUNT)) },
    ['allowed', 'identity', 'I'],
    ['between accounts: both sides allow'],
  ),
  across(
    'both sides allow, the resource by naming everybody',
    USER,
    { identity: I, resource: R('*') },
    ['allowed', 'identity', 'I'],
    ['between accounts: both sides allow'],
  ),
  across(
    'both sides allow, the resource by naming the session',
    SESSION,
    { identity: I, resource: R(aws(SESSION_ARN)), boundary: B, session: S },
    ['allowed', 'identity', 'I'],
    ['between accounts: both sides allow'],
  ),
  across(
    'only the caller’s side allows: the resource has no policy',
    USER,
    { identity: I },
    ['implicitly denied', 'resource'],
    ['between accounts: only the caller’s side allows'],
  ),
  across(
    'only the caller’s side allows: the resource names its own account',
    USER,
    { identity: I, resource: R(aws(OTHER_ACCOUNT)) },
    ['implicitly denied', 'resource'],
    ['between accounts: only the caller’s side allows'],
  ),
  across(
    'only the resource’s side allows the user',
    USER,
    { identity: SILENT, resource: R(aws(USER_ARN)) },
    ['implicitly denied', 'identity'],
    ['between accounts: only the resource’s side allows'],
  ),
  across(
    'only the resource’s side allows the session, which is not enough here',
    SESSION,
    { identity: SILENT, resource: R(aws(SESSION_ARN)) },
    ['implicitly denied', 'identity'],
    ['between accounts: only the resource’s side allows'],
  ),
  across(
    'only the resource’s side allows, everybody',
    SESSION,
    { identity: SILENT, resource: R('*') },
    ['implicitly denied', 'identity'],
    ['between accounts: only the resource’s side allows'],
  ),
  across(
    'neither side allows, and no organization does',
    USER,
    { identity: SILENT },
    ['implicitly denied', 'resource'],
    [
      'between accounts: neither side allows',
      'between accounts: there is no resource control policy',
      'between accounts: there is no service control policy',
    ],
  ),
  across(
    'the boundary does not allow, though the resource names the user',
    USER,
    { identity: I, resource: R(aws(USER_ARN)), boundary: SILENT },
    ['implicitly denied', 'boundary'],
    ['between accounts: the permissions boundary does not allow'],
  ),
  across(
    'the session policy does not allow, though the resource names the session',
    SESSION,
    { identity: I, resource: R(aws(SESSION_ARN)), session: SILENT },
    ['implicitly denied', 'session'],
    ['between accounts: no session policy allows'],
  ),
  across(
    'a federated user without a session policy has nothing',
    FEDERATED_USER,
    { identity: I, resource: R(aws(FEDERATED_ARN)) },
    ['implicitly denied', 'session'],
    ['between accounts: no session policy allows'],
  ),
  across(
    'the root needs the resource’s policy',
    ROOT,
    { identity: ROOTS },
    ['implicitly denied', 'resource'],
    ['between accounts: only the caller’s side allows'],
  ),
  across(
    'the root with the resource’s policy',
    ROOT,
    { identity: ROOTS, resource: R(aws(ROOT_ARN)) },
    ['allowed', 'identity', 'Root'],
    ['between accounts: both sides allow'],
  ),
]

const CARLOS = 'arn:aws:iam::123456789012:user/carlossalazar'
const carlos: Principal = { kind: 'user', account: '123456789012', arn: CARLOS }
const CARLOS_OWN = ['arn:aws:s3:::carlossalazar/*', 'arn:aws:s3:::carlossalazar']
const CARLOS_POLICIES: CasePolicies = {
  identity: [
    allowing('AllowS3ListRead', {
      Action: [
        's3:GetBucketLocation',
        's3:GetAccountPublicAccessBlock',
        's3:ListAccessPoints',
        's3:ListAllMyBuckets',
      ],
      Resource: 'arn:aws:s3:::*',
    }),
    allowing('AllowS3Self', { Action: 's3:*', Resource: CARLOS_OWN }),
    denying('DenyS3Logs', { Action: 's3:*', Resource: 'arn:aws:s3:::*log*' }),
  ],
}
const CARLOS_BUCKET = [allowing('Own', { Principal: { AWS: CARLOS }, Action: 's3:*', Resource: CARLOS_OWN })]
const carlosAsks = (name: string, request: Partial<CaseRequest>, resource: boolean, expected: Expected) =>
  row(
    `Carlos: ${name}`,
    carlos,
    { ...CARLOS_POLICIES, resource: resource ? CARLOS_BUCKET : undefined },
    expected,
    [],
    SOURCES.singleAccount,
    request,
  )

const carlosAbroad: Principal = {
  kind: 'user',
  account: '111111111111',
  arn: 'arn:aws:iam::111111111111:user/carlossalazar',
}
const PRODUCTION: CasePolicies = {
  identity: [
    allowing('AllowS3ListRead', { Action: 's3:ListAllMyBuckets' }),
    allowing('AllowS3ProductionObjectActions', {
      Action: 's3:*Object*',
      Resource: 'arn:aws:s3:::Production/*',
    }),
    denying('DenyS3Logs', { Action: 's3:*', Resource: ['arn:aws:s3:::*log*', 'arn:aws:s3:::*log*/*'] }),
  ],
  resource: [
    allowing('Production', {
      Principal: { AWS: 'arn:aws:iam::111111111111:user/carlossalazar' },
      Action: ['s3:GetObject*', 's3:PutObject*', 's3:ReplicateObject', 's3:RestoreObject'],
      Resource: 'arn:aws:s3:::Production/*',
    }),
  ],
}
const abroad = (name: string, action: string, resource: string, policies: CasePolicies, expected: Expected) =>
  row(`Carlos abroad: ${name}`, carlosAbroad, policies, expected, [], SOURCES.crossAccount, {
    action,
    resource,
    owner: '222222222222',
  })

const GET_LIST: CasePolicies = {
  identity: [
    allowing('AllowGetList', { Action: ['iam:Get*', 'iam:List*'] }),
    denying('DenyReports', { Action: 'iam:*Report' }),
  ],
}
const iam = (name: string, action: string, policies: CasePolicies, expected: Expected) =>
  row(name, USER, policies, expected, [], SOURCES.interplay, { action, resource: '*' })

const SHIRLEY: Partial<CaseRequest> = { action: 's3:ListBucket', resource: BUCKET }
const SHIRLEYS_BOUNDARY = [allowing('Boundary', { Action: ['s3:*', 'cloudwatch:*', 'ec2:*'] })]

const EXAMPLES: readonly EvaluationCase[] = [
  carlosAsks(
    'saves to a bucket for logs',
    { action: 's3:PutObject', resource: 'arn:aws:s3:::carlossalazar-logs/file' },
    false,
    ['explicitly denied', 'identity', 'DenyS3Logs'],
  ),
  carlosAsks(
    'saves to his own bucket',
    { action: 's3:PutObject', resource: 'arn:aws:s3:::carlossalazar/file' },
    true,
    ['allowed', 'resource', 'Own'],
  ),
  carlosAsks(
    'saves to his own bucket, which has no policy',
    { action: 's3:PutObject', resource: 'arn:aws:s3:::carlossalazar/file' },
    false,
    ['allowed', 'identity', 'AllowS3Self'],
  ),
  carlosAsks('finds out where a bucket is', { action: 's3:GetBucketLocation', resource: BUCKET }, false, [
    'allowed',
    'identity',
    'AllowS3ListRead',
  ]),
  carlosAsks('reads another bucket', { action: 's3:GetObject', resource: OBJECT }, false, [
    'implicitly denied',
    'identity',
  ]),
  abroad(
    'saves to a bucket for logs',
    's3:PutObject',
    'arn:aws:s3:::Production-logs/file',
    { identity: PRODUCTION.identity },
    ['explicitly denied', 'identity', 'DenyS3Logs'],
  ),
  abroad('saves to the bucket', 's3:PutObject', 'arn:aws:s3:::Production/file', PRODUCTION, [
    'allowed',
    'identity',
    'AllowS3ProductionObjectActions',
  ]),
  abroad('deletes from the bucket', 's3:DeleteObject', 'arn:aws:s3:::Production/file', PRODUCTION, [
    'implicitly denied',
    'resource',
  ]),
  abroad('manages the bucket', 's3:PutBucketPolicy', 'arn:aws:s3:::Production', PRODUCTION, [
    'implicitly denied',
    'resource',
  ]),
  iam('what begins with Get is allowed', 'iam:GetUser', GET_LIST, ['allowed', 'identity', 'AllowGetList']),
  iam('what is not listed is denied implicitly', 'iam:CreatePolicy', GET_LIST, [
    'implicitly denied',
    'identity',
  ]),
  iam('a report is denied explicitly', 'iam:GetOrganizationsAccessReport', GET_LIST, [
    'explicitly denied',
    'identity',
    'DenyReports',
  ]),
  iam(
    'a report is denied explicitly, though another policy allows it',
    'iam:GenerateCredentialReport',
    { identity: [...GET_LIST.identity!, allowing('Reports', { Action: 'iam:GenerateCredentialReport' })] },
    ['explicitly denied', 'identity', 'DenyReports'],
  ),
  row(
    'Shirley may what policy and boundary allow',
    USER,
    { identity: I, boundary: SHIRLEYS_BOUNDARY },
    ['allowed', 'identity', 'I'],
    [],
    SOURCES.boundaries,
    SHIRLEY,
  ),
  row(
    'Shirley may not create users: her boundary has no IAM',
    USER,
    { identity: [allowing('CreateUser', { Action: 'iam:CreateUser' })], boundary: SHIRLEYS_BOUNDARY },
    ['implicitly denied', 'boundary'],
    [],
    SOURCES.boundaries,
    { action: 'iam:CreateUser', resource: '*' },
  ),
  row(
    'Shirley may nothing by her boundary alone',
    USER,
    { boundary: SHIRLEYS_BOUNDARY },
    ['implicitly denied', 'identity'],
    [],
    SOURCES.boundaries,
    SHIRLEY,
  ),
  row(
    'the order of statements means nothing: deny first',
    USER,
    { identity: [denying('D'), allowing('A')] },
    ['explicitly denied', 'identity', 'D'],
    [],
    SOURCES.effect,
  ),
  row(
    'the order of statements means nothing: deny last',
    USER,
    { identity: [allowing('A'), denying('D')] },
    ['explicitly denied', 'identity', 'D'],
    [],
    SOURCES.effect,
  ),
  row(
    'a deny under a condition that does not hold is none',
    USER,
    { identity: [allowing('A'), denying('D', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } })] },
    ['allowed', 'identity', 'A'],
    [],
    SOURCES.operators,
    { context: { 'aws:SecureTransport': 'true' } },
  ),
]

export const EVALUATION_CASES = [
  ...ROLE_CHART,
  ...USER_CHART,
  ...FEDERATED_CHART,
  ...OTHER_CALLERS,
  ...MUST_ALLOW,
  ...CROSS_ACCOUNT,
  ...EXAMPLES,
]
