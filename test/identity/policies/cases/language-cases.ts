// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import {
  allowing,
  BUCKET,
  denying,
  type EvaluationCase,
  GET,
  OBJECT,
  ofOneStatement,
  SOURCES,
} from './evaluation-case.ts'

const action = ofOneStatement(SOURCES.action)
const notAction = ofOneStatement(SOURCES.notAction)
const resource = ofOneStatement(SOURCES.resource)
const notResource = ofOneStatement(SOURCES.notResource)
const variable = ofOneStatement(SOURCES.variables)

const ACTIONS: readonly EvaluationCase[] = [
  action('an action is named in full', allowing('A', { Action: 's3:GetObject' }), {}, true),
  action('another action of the service is another', allowing('A', { Action: 's3:PutObject' }), {}, false),
  action(
    'the prefix and the name are case insensitive',
    allowing('A', { Action: 'IAM:listaccesskeys' }),
    { action: 'iam:ListAccessKeys' },
    true,
  ),
  action(
    'several values are alternatives: the last of five',
    allowing('A', {
      Action: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'ec2:StartInstances', 's3:GetObject', 'iam:Get*'],
    }),
    { action: 'iam:GetUser' },
    true,
  ),
  action(
    'several values are alternatives: none of them',
    allowing('A', { Action: ['sqs:SendMessage', 'ec2:StartInstances'] }),
    {},
    false,
  ),
  action('a wildcard stands for all actions of a service', allowing('A', { Action: 's3:*' }), {}, true),
  action(
    'a wildcard for one service leaves out others',
    allowing('A', { Action: 's3:*' }),
    { action: 'sqs:SendMessage' },
    false,
  ),
  ...['Create', 'Delete', 'List', 'Update'].map(verb =>
    action(
      `a wildcard on both sides: iam:*AccessKey* holds ${verb}AccessKey`,
      allowing('A', { Action: 'iam:*AccessKey*' }),
      { action: `iam:${verb}AccessKey${verb === 'List' ? 's' : ''}` },
      true,
    ),
  ),
  action(
    'a wildcard on both sides: iam:*AccessKey* does not hold CreateUser',
    allowing('A', { Action: 'iam:*AccessKey*' }),
    { action: 'iam:CreateUser' },
    false,
  ),
  action(
    'a question mark stands for one character',
    allowing('A', { Action: 's3:?etObject' }),
    { action: 's3:GetObject' },
    true,
  ),
  action('a question mark stands for no fewer', allowing('A', { Action: 's3:GetObject?' }), {}, false),
  action('an asterisk is every action', allowing('A', { Action: '*' }), { action: 'any:Thing' }, true),
  action('a wildcard may end a name', allowing('A', { Action: 's3:Get*' }), {}, true),
  action(
    'what stands before a wildcard must be there',
    allowing('A', { Action: 's3:Get*' }),
    { action: 's3:PutObject' },
    false,
  ),

  notAction(
    'NotAction allows everything else of the resource',
    allowing('A', { NotAction: 's3:DeleteBucket', Resource: 'arn:aws:s3:::*' }),
    { action: 's3:CreateBucket', resource: BUCKET },
    true,
  ),
  notAction(
    'NotAction allows not what it lists',
    allowing('A', { NotAction: 's3:DeleteBucket', Resource: 'arn:aws:s3:::*' }),
    { action: 's3:DeleteBucket', resource: BUCKET },
    false,
  ),
  notAction(
    'NotAction with resources leaves out actions on "*"',
    allowing('A', { NotAction: 's3:DeleteBucket', Resource: 'arn:aws:s3:::*' }),
    { action: 's3:ListAllMyBuckets', resource: '*' },
    false,
  ),
  notAction(
    'NotAction with resources of one service reaches no other service',
    allowing('A', { NotAction: 's3:DeleteBucket', Resource: 'arn:aws:s3:::*' }),
    { action: 'sqs:SendMessage', resource: 'arn:aws:sqs:us-east-1:111122223333:queue' },
    false,
  ),
  notAction(
    'all but IAM: another service',
    allowing('A', { NotAction: 'iam:*' }),
    { action: 'ec2:StartInstances', resource: '*' },
    true,
  ),
  notAction('all but IAM: IAM', allowing('A', { NotAction: 'iam:*' }), { action: 'iam:GetUser' }, false),
  notAction(
    'NotAction with Deny forbids what it does not list',
    denying('D', {
      NotAction: 'iam:*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    }),
    { context: { 'aws:MultiFactorAuthPresent': 'false' } },
    true,
  ),
  notAction(
    'NotAction with Deny spares what it lists',
    denying('D', {
      NotAction: 'iam:*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    }),
    { action: 'iam:GetUser', context: { 'aws:MultiFactorAuthPresent': 'false' } },
    false,
  ),
  notAction(
    'NotAction with Deny is off when its condition fails',
    denying('D', {
      NotAction: 'iam:*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    }),
    { context: { 'aws:MultiFactorAuthPresent': 'true' } },
    false,
  ),
]

const QUEUE = 'arn:aws:sqs:us-east-2:111122223333:queue1'
const TESTS = `${BUCKET}/*/test/*`

const RESOURCES: readonly EvaluationCase[] = [
  resource('a resource is named in full', allowing('R', { Resource: QUEUE }), { resource: QUEUE }, true),
  resource(
    'names of resources are case sensitive',
    allowing('R', { Resource: 'arn:aws:iam::111122223333:user/Bob' }),
    { resource: 'arn:aws:iam::111122223333:user/bob' },
    false,
  ),
  resource(
    'a wildcard stands for all that is under a path',
    allowing('R', { Resource: 'arn:aws:iam::111122223333:user/accounting/*' }),
    { resource: 'arn:aws:iam::111122223333:user/accounting/team/ann' },
    true,
  ),
  resource(
    'a wildcard under a path leaves out the rest',
    allowing('R', { Resource: 'arn:aws:iam::111122223333:user/accounting/*' }),
    { resource: 'arn:aws:iam::111122223333:user/ann' },
    false,
  ),
  resource('all objects of a bucket', allowing('R', { Resource: `${BUCKET}/*` }), {}, true),
  resource(
    'all objects of a bucket are not the bucket',
    allowing('R', { Resource: `${BUCKET}/*` }),
    { resource: BUCKET },
    false,
  ),
  ...[
    '1/test/object.jpg',
    '1/2/test/object.jpg',
    '1/2/test/3/object.jpg',
    '1/2/3/test/4/object.jpg',
    '1///test///object.jpg',
    '1/test/.jpg',
    '/test/object.jpg',
    '1/test/',
  ].map(key =>
    resource(
      `/*/test/* holds ${key}`,
      allowing('R', { Resource: TESTS }),
      { resource: `${BUCKET}/${key}` },
      true,
    ),
  ),
  ...['1-test/object.jpg', 'test/object.jpg', '1/2/test.jpg'].map(key =>
    resource(
      `/*/test/* does not hold ${key}`,
      allowing('R', { Resource: TESTS }),
      { resource: `${BUCKET}/${key}` },
      false,
    ),
  ),
  resource(
    'several resources are alternatives',
    allowing('R', {
      Resource: ['books', 'magazines'].map(
        name => `arn:aws:dynamodb:us-east-2:111122223333:table/${name}_table`,
      ),
    }),
    { resource: 'arn:aws:dynamodb:us-east-2:111122223333:table/magazines_table' },
    true,
  ),
  resource(
    'an incomplete ARN is completed with wildcards',
    allowing('R', { Resource: 'arn:aws:sqs' }),
    { resource: QUEUE },
    true,
  ),
  resource(
    'an incomplete ARN is of its service alone',
    allowing('R', { Resource: 'arn:aws:sqs' }),
    { resource: 'arn:aws:sns:us-east-2:111122223333:topic' },
    false,
  ),
  resource(
    'a wildcard that ends a segment reaches over colons',
    allowing('R', { Resource: 'arn:aws:lambda:*:function:f' }),
    { resource: 'arn:aws:lambda:us-east-2:111122223333:function:f' },
    true,
  ),
  resource(
    'a wildcard within a segment stays there',
    allowing('R', { Resource: 'arn:aws:sqs:us*2:111122223333:queue1' }),
    { resource: QUEUE },
    true,
  ),
  resource(
    'a wildcard within an early segment reaches over no colon',
    allowing('R', { Resource: 'arn:aws:lambda:us*3:function:*' }),
    { resource: 'arn:aws:lambda:us-east-2:111122223333:function:f' },
    false,
  ),
  resource(
    'a question mark is no colon',
    allowing('R', { Resource: 'arn:aws:lambda:us-east-2?111122223333:function:*' }),
    { resource: 'arn:aws:lambda:us-east-2:111122223333:function:f' },
    false,
  ),
  resource('"*" is every resource', allowing('R', { Resource: '*' }), { resource: '*' }, true),
  resource(
    'an action on "*" is on no one resource',
    allowing('R', { Resource: `${BUCKET}/*` }),
    { resource: '*' },
    false,
  ),
  notResource(
    'NotResource with Deny forbids every other resource',
    denying('D', { Action: 's3:*', NotResource: [`${BUCKET}/Payroll`, `${BUCKET}/Payroll/*`] }),
    { resource: `${BUCKET}/Finance/sheet` },
    true,
  ),
  notResource(
    'NotResource with Deny spares what it lists',
    denying('D', { Action: 's3:*', NotResource: [`${BUCKET}/Payroll`, `${BUCKET}/Payroll/*`] }),
    { resource: `${BUCKET}/Payroll/2026` },
    false,
  ),
  notResource(
    'NotResource with Deny spares other actions',
    denying('D', { Action: 's3:*', NotResource: `${BUCKET}/Payroll` }),
    { action: 'ec2:StartInstances', resource: '*' },
    false,
  ),
  notResource(
    'NotResource with Allow allows all services’ other resources',
    allowing('A', { NotResource: BUCKET }),
    { action: 'iam:PutUserPolicy', resource: 'arn:aws:iam::111122223333:user/ann' },
    true,
  ),
  notResource(
    'NotResource with Allow allows not what it lists',
    allowing('A', { NotResource: BUCKET }),
    { action: 's3:ListBucket', resource: BUCKET },
    false,
  ),
]

const home = (Resource: string) => allowing('Home', { Resource })
const of = (username: string) => ({ 'aws:username': username })

const VARIABLES: readonly EvaluationCase[] = [
  variable(
    'a user’s name is put in',
    home(`${BUCKET}/\${aws:username}/*`),
    { resource: `${BUCKET}/David/file`, context: of('David') },
    true,
  ),
  variable(
    'another user’s name is not',
    home(`${BUCKET}/\${aws:username}/*`),
    { resource: `${BUCKET}/David/file`, context: of('Ann') },
    false,
  ),
  variable(
    'names of variables are case insensitive',
    home(`${BUCKET}/\${AWS:UserName}/*`),
    { resource: `${BUCKET}/David/file`, context: of('David') },
    true,
  ),
  variable(
    'a variable within a name',
    home('arn:aws:sqs:us-east-2:*:${aws:username}-queue'),
    { resource: 'arn:aws:sqs:us-east-2:111122223333:ann-queue', context: of('ann') },
    true,
  ),
  variable(
    'a tag as a variable',
    home('arn:aws:s3:::bucket/${aws:PrincipalTag/department}'),
    { resource: 'arn:aws:s3:::bucket/hr', context: { 'aws:PrincipalTag/department': 'hr' } },
    true,
  ),
  variable(
    'a variable stands only after the fifth colon',
    home('arn:aws:sqs:us-east-2:${aws:PrincipalAccount}:queue1'),
    { resource: QUEUE, context: { 'aws:PrincipalAccount': '111122223333' } },
    false,
  ),
  variable(
    'a variable without a value matches no resource',
    home(`${BUCKET}/\${aws:username}*`),
    { resource: OBJECT },
    false,
  ),
  variable(
    'a variable without a value in NotResource matches none either, so all others are meant',
    denying('D', { NotResource: `${BUCKET}/\${aws:username}` }),
    { resource: OBJECT },
    true,
  ),
  variable(
    'a variable with an empty value has none',
    home(`${BUCKET}/\${aws:PrincipalTag/team}*`),
    { resource: OBJECT, context: { 'aws:PrincipalTag/team': '' } },
    false,
  ),
  variable(
    'a default stands in for a value that is missing',
    home("arn:aws:s3:::bucket-${aws:PrincipalTag/team, 'company-wide'}"),
    { resource: 'arn:aws:s3:::bucket-company-wide' },
    true,
  ),
  variable(
    'a default stands back for a value that is there',
    home("arn:aws:s3:::bucket-${aws:PrincipalTag/team, 'company-wide'}"),
    { resource: 'arn:aws:s3:::bucket-company-wide', context: { 'aws:PrincipalTag/team': 'yellow' } },
    false,
  ),
  variable(
    'a value that is there replaces the default',
    home("arn:aws:s3:::bucket-${aws:PrincipalTag/team, 'company-wide'}"),
    { resource: 'arn:aws:s3:::bucket-yellow', context: { 'aws:PrincipalTag/team': 'yellow' } },
    true,
  ),
  variable(
    'a key of several values is no variable',
    home(`${BUCKET}/\${aws:TagKeys}`),
    { resource: `${BUCKET}/a`, context: { 'aws:TagKeys': ['a'] } },
    false,
  ),
  variable(
    'an asterisk in a value is no wildcard',
    home(`${BUCKET}/\${aws:username}`),
    { resource: OBJECT, context: of('*') },
    false,
  ),
  ...(['*', '?', '$'] as const).map(character =>
    variable(
      `\${${character}} is ${character}`,
      home(`${BUCKET}/a\${${character}}b`),
      { resource: `${BUCKET}/a${character}b` },
      true,
    ),
  ),
  variable('${*} is nothing else', home(`${BUCKET}/a\${*}b`), { resource: `${BUCKET}/axb` }, false),
  variable(
    'a variable in StringLike',
    allowing('C', { Condition: { StringLike: { 's3:prefix': '${aws:username}/*' } } }),
    { context: { ...of('ann'), 's3:prefix': 'ann/photos' } },
    true,
  ),
  variable(
    'a variable in StringEquals',
    allowing('C', { Condition: { StringEquals: { 'aws:ResourceTag/owner': '${aws:username}' } } }),
    { context: { ...of('ann'), 'aws:ResourceTag/owner': 'ann' } },
    true,
  ),
  variable(
    'a variable in ArnLike',
    allowing('C', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:${aws:username}-*' } } }),
    { context: { ...of('ann'), 'aws:SourceArn': 'arn:aws:sns:us-east-1:111122223333:ann-topic' } },
    true,
  ),
  variable(
    'a variable without a value equals nothing',
    allowing('C', {
      Condition: { StringEquals: { 's3:ExistingObjectTag/Team': '${aws:PrincipalTag/Team}' } },
    }),
    { context: { 's3:ExistingObjectTag/Team': 'red' } },
    false,
  ),
  variable(
    'and so is unequal to everything',
    denying('D', {
      Condition: { StringNotEquals: { 's3:ExistingObjectTag/Team': '${aws:PrincipalTag/Team}' } },
    }),
    { context: { 's3:ExistingObjectTag/Team': 'red' } },
    true,
  ),
  variable(
    'a variable in a numeric condition is text',
    allowing('C', { Condition: { NumericEquals: { 's3:max-keys': '${s3:limit}' } } }),
    { context: { 's3:max-keys': '10', 's3:limit': '10' } },
    false,
  ),
  variable(
    'a variable in a range of addresses is text',
    allowing('C', { Condition: { IpAddress: { 'aws:SourceIp': '${aws:VpcSourceIp}' } } }),
    { context: { 'aws:SourceIp': '10.0.0.1', 'aws:VpcSourceIp': '10.0.0.1' } },
    false,
  ),
  ...['2008-10-17', ''].map(
    (version): EvaluationCase => ({
      name: `a variable is text in a policy of version '${version}'`,
      source: SOURCES.version,
      policies: { identity: [home(`${BUCKET}/\${aws:username}`)], version },
      request: { ...GET, resource: `${BUCKET}/\${aws:username}`, context: of('ann') },
      expected: ['allowed', 'identity', 'Home'],
    }),
  ),
  {
    name: 'and stands for nobody there',
    source: SOURCES.version,
    policies: { identity: [home(`${BUCKET}/\${aws:username}`)], version: '2008-10-17' },
    request: { ...GET, resource: `${BUCKET}/ann`, context: of('ann') },
    expected: ['implicitly denied', 'identity'],
  },
]

export const LANGUAGE_CASES = [...ACTIONS, ...RESOURCES, ...VARIABLES]
