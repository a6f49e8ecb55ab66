// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how policies write variables
import {
  allowing,
  denying,
  type EvaluationCase,
  ofCondition,
  ofOneStatement,
  SOURCES,
} from './evaluation-case.ts'

const operator = ofCondition(SOURCES.operators)
const block = ofCondition(SOURCES.severalValues)
const set = ofCondition(SOURCES.sets)
const element = ofCondition(SOURCES.condition)

type Row = [value: string | string[], actual: string, holds: boolean]

/** One operator, one key, and what it says of values. */
const comparing = (name: string, ...rows: Row[]): EvaluationCase[] =>
  rows.map(([value, actual, holds]) =>
    operator(
      `${name} ${JSON.stringify(value)}: '${actual}' ${holds ? 'does' : 'does not'}`,
      { [name]: { 'a:key': value } },
      { 'a:key': actual },
      holds,
    ),
  )

const TOPIC = 'arn:aws:sns:us-east-1:111122223333:topic'
const FINANCE = 'arn:aws:someservice:*:111122223333:finance/*'
const SPREAD = 'arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt'

const OPERATORS: readonly EvaluationCase[] = [
  ...comparing(
    'StringEquals',
    ['johndoe', 'johndoe', true],
    ['johndoe', 'JohnDoe', false],
    ['j*', 'johndoe', false],
  ),
  ...comparing('StringNotEquals', ['johndoe', 'JohnDoe', true], ['johndoe', 'johndoe', false]),
  ...comparing('StringEqualsIgnoreCase', ['johndoe', 'JohnDoe', true], ['johndoe', 'ann', false]),
  ...comparing('StringNotEqualsIgnoreCase', ['johndoe', 'JohnDoe', false], ['johndoe', 'ann', true]),
  ...comparing(
    'StringLike',
    ['home/*', 'home/a/b', true],
    ['home/?', 'home/ab', false],
    ['*doe', 'johndoe', true],
    ['HOME/*', 'home/a', false],
    [['a*', 'b*'], 'bc', true],
  ),
  ...comparing(
    'StringNotLike',
    ['home/*', 'home/a', false],
    ['home/*', 'away', true],
    [['a*', 'b*'], 'bc', false],
  ),
  ...comparing(
    'NumericEquals',
    ['10', '10', true],
    ['10', '10.0', true],
    ['10', '11', false],
    ['10', 'ten', false],
    ['-1.5', '-1.50', true],
  ),
  ...comparing('NumericNotEquals', ['10', '11', true], ['10', '10', false]),
  ...comparing('NumericLessThan', ['10', '9', true], ['10', '10', false]),
  ...comparing('NumericLessThanEquals', ['10', '10', true], ['10', '11', false]),
  ...comparing('NumericGreaterThan', ['10', '11', true], ['10', '10', false]),
  ...comparing('NumericGreaterThanEquals', ['10', '10', true], ['10', '9', false]),
  ...comparing(
    'DateEquals',
    ['2020-04-01T00:00:00Z', '2020-04-01T02:00:00+02:00', true],
    ['2020-04-01', '2020-04-01T00:00:00Z', true],
    ['2020', '2020-01-01T00:00:00Z', true],
    ['1585699200', '2020-04-01T00:00:00Z', true],
  ),
  ...comparing('DateNotEquals', ['2020-04-01T00:00:00Z', '2020-04-01T00:00:01Z', true]),
  ...comparing(
    'DateLessThan',
    ['2020-06-30T23:59:59Z', '2020-06-30T23:59:58Z', true],
    ['2020-06-30T23:59:59Z', '2020-06-30T23:59:59Z', false],
    ['30 June 2020', '2019-01-01T00:00:00Z', false],
  ),
  ...comparing('DateLessThanEquals', ['2020-06-30T23:59:59Z', '2020-06-30T23:59:59Z', true]),
  ...comparing(
    'DateGreaterThan',
    ['2020-01-01T00:00:01Z', '2020-01-01T00:00:02Z', true],
    ['2020-01-01T00:00:01Z', '2019-12-31T23:59:59Z', false],
  ),
  ...comparing('DateGreaterThanEquals', ['2020-01-01T00:00:01Z', '2020-01-01T00:00:01Z', true]),
  ...comparing('Bool', ['true', 'true', true], ['true', 'false', false], ['false', 'false', true]),
  ...comparing(
    'BinaryEquals',
    ['QmluYXJ5VmFsdWVJbkJhc2U2NA==', 'QmluYXJ5VmFsdWVJbkJhc2U2NA==', true],
    ['QmluYXJ5VmFsdWVJbkJhc2U2NA==', 'qmluYXJ5VmFsdWVJbkJhc2U2NA==', false],
  ),
  ...comparing(
    'IpAddress',
    ['203.0.113.0/24', '203.0.113.255', true],
    ['203.0.113.0/24', '203.0.114.0', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '198.51.100.1', false],
    [['203.0.113.0/24', '2001:DB8:1234:5678::/64'], '2001:db8:1234:5678:ffff::1', true],
    [['203.0.113.0/24', '2001:DB8:1234:5678::/64'], '2001:db8:1234:5679::1', false],
  ),
  ...comparing(
    'NotIpAddress',
    ['203.0.113.0/24', '198.51.100.1', true],
    ['203.0.113.0/24', '203.0.113.1', false],
    [['192.0.2.0/24', '203.0.113.0/24'], '203.0.113.1', false],
  ),
  ...comparing(
    'ArnEquals',
    [TOPIC, TOPIC, true],
    ['arn:aws:sns:*:111122223333:*', TOPIC, true],
    [TOPIC.toUpperCase(), TOPIC, false],
  ),
  ...comparing(
    'ArnLike',
    ['arn:aws:sns:us-east-?:111122223333:t*', TOPIC, true],
    ['arn:aws:sns:*:topic', TOPIC, false],
    [FINANCE, SPREAD, false],
  ),
  ...comparing('StringLike', [FINANCE, SPREAD, true]),
  ...comparing('ArnNotEquals', [TOPIC, TOPIC, false], [TOPIC, `${TOPIC}2`, true]),
  ...comparing('ArnNotLike', ['arn:aws:sns:*:*:*', TOPIC, false], ['arn:aws:sqs:*:*:*', TOPIC, true]),
]

/** Whether an operator holds where the request has no value for its key. */
const WITHOUT_A_VALUE: Readonly<Record<string, boolean>> = {
  StringEquals: false,
  StringLike: false,
  NumericLessThan: false,
  DateGreaterThan: false,
  Bool: false,
  BinaryEquals: false,
  IpAddress: false,
  ArnLike: false,
  StringNotEquals: true,
  StringNotEqualsIgnoreCase: true,
  StringNotLike: true,
  NumericNotEquals: true,
  DateNotEquals: true,
  NotIpAddress: true,
  ArnNotEquals: true,
  ArnNotLike: true,
}

const ABSENCE: readonly EvaluationCase[] = [
  ...Object.entries(WITHOUT_A_VALUE).flatMap(([name, holds]) => [
    operator(`${name} without a value ${holds ? 'holds' : 'fails'}`, { [name]: { 'a:key': '1' } }, {}, holds),
    operator(`${name}IfExists without a value holds`, { [`${name}IfExists`]: { 'a:key': '1' } }, {}, true),
  ]),
  operator(
    'with a value IfExists changes nothing: it fits',
    { StringLikeIfExists: { 'ec2:InstanceType': ['t1.*', 't2.*', 'm3.*'] } },
    { 'ec2:InstanceType': 't2.micro' },
    true,
  ),
  operator(
    'with a value IfExists changes nothing: it does not fit',
    { StringLikeIfExists: { 'ec2:InstanceType': ['t1.*', 't2.*', 'm3.*'] } },
    { 'ec2:InstanceType': 'x1.huge' },
    false,
  ),
  operator('Null true: the key is absent', { Null: { 'aws:TokenIssueTime': 'true' } }, {}, true),
  operator(
    'Null true: the key is there',
    { Null: { 'aws:TokenIssueTime': 'true' } },
    { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' },
    false,
  ),
  operator(
    'Null false: the key is there',
    { Null: { 'aws:TokenIssueTime': 'false' } },
    { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' },
    true,
  ),
  operator('Null false: the key is absent', { Null: { 'aws:TokenIssueTime': 'false' } }, {}, false),
  element(
    'Null false: an empty string is null',
    { Null: { 'aws:RequestTag/team': 'false' } },
    { 'aws:RequestTag/team': '' },
    false,
  ),
  ofOneStatement(SOURCES.operators)(
    'StringNotEqualsIfExists with Deny denies where the key is absent',
    denying('D', { Condition: { StringNotEqualsIfExists: { 'aws:RequestTag/team': 'red' } } }),
    {},
    true,
  ),
]

const DEPARTMENT = {
  StringEqualsIgnoreCase: {
    'aws:PrincipalTag/department': ['finance', 'hr', 'legal'],
    'aws:PrincipalTag/role': ['audit', 'security'],
  },
  StringEquals: { 'aws:PrincipalAccount': '123456789012' },
}
const AUDITOR = {
  'aws:PrincipalTag/department': 'HR',
  'aws:PrincipalTag/role': 'audit',
  'aws:PrincipalAccount': '123456789012',
}

const BLOCKS: readonly EvaluationCase[] = [
  block('operators and keys are all meant, values are alternatives', DEPARTMENT, AUDITOR, true),
  block(
    'one key that fits none of its values fails the block',
    DEPARTMENT,
    { ...AUDITOR, 'aws:PrincipalTag/role': 'sales' },
    false,
  ),
  block(
    'one operator that fails fails the block',
    DEPARTMENT,
    { ...AUDITOR, 'aws:PrincipalAccount': '210987654321' },
    false,
  ),
  block(
    'one key that is absent fails the block',
    DEPARTMENT,
    { ...AUDITOR, 'aws:PrincipalTag/department': undefined },
    false,
  ),
  block(
    'a negated operator is about none of its values: the first',
    { StringNotEquals: { 'aws:PrincipalAccount': ['111111111111', '222222222222'] } },
    { 'aws:PrincipalAccount': '111111111111' },
    false,
  ),
  block(
    'a negated operator is about none of its values: the second',
    { StringNotEquals: { 'aws:PrincipalAccount': ['111111111111', '222222222222'] } },
    { 'aws:PrincipalAccount': '222222222222' },
    false,
  ),
  block(
    'a negated operator is about none of its values: another',
    { StringNotEquals: { 'aws:PrincipalAccount': ['111111111111', '222222222222'] } },
    { 'aws:PrincipalAccount': '333333333333' },
    true,
  ),
  element(
    'names of keys are case insensitive',
    { IpAddress: { 'AWS:sourceip': '203.0.113.0/24' } },
    { 'aws:SourceIp': '203.0.113.1' },
    true,
  ),
  element(
    'a tag’s key in a condition is case insensitive',
    { StringEquals: { 'aws:ResourceTag/TagKey1': 'Value1' } },
    { 'aws:ResourceTag/tagkey1': 'Value1' },
    true,
  ),
  element('numbers may be written as such', { NumericEquals: { 'a:key': 10 } }, { 'a:key': '10' }, true),
  element('booleans may be written as such', { Bool: { 'a:key': true } }, { 'a:key': 'true' }, true),
  element(
    'within the hour since the second factor',
    { NumericLessThanEquals: { 'aws:MultiFactorAuthAge': '3600' } },
    { 'aws:MultiFactorAuthAge': '3599' },
    true,
  ),
  element(
    'without a second factor',
    { NumericLessThanEquals: { 'aws:MultiFactorAuthAge': '3600' } },
    {},
    false,
  ),
]

const ATTRIBUTES = ['PostDateTime', 'Message', 'Tags']

const all = (values: string[] | undefined, holds: boolean, why: string) =>
  set(
    `ForAllValues: ${why}`,
    { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': ATTRIBUTES } },
    { 'dynamodb:Attributes': values },
    holds,
  )
const any = (values: string[] | undefined, holds: boolean, why: string) =>
  set(
    `ForAnyValue: ${why}`,
    { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': ATTRIBUTES } },
    { 'dynamodb:Attributes': values },
    holds,
  )

const keysOf = (...values: string[]) => ({ 'aws:TagKeys': values })
const tagKeys = (name: string) => ({ [name]: { 'aws:TagKeys': ['environment', 'CostCenter'] } })

const SETS: readonly EvaluationCase[] = [
  all(['PostDateTime', 'Message'], true, 'each value is one of the policy’s'),
  all(['PostDateTime', 'UserName'], false, 'one value is none of the policy’s'),
  all(['UserName'], false, 'no value is one of the policy’s'),
  all(undefined, true, 'the key is absent'),
  all([], true, 'the key has no values'),
  all([''], true, 'the values come to nothing'),
  any(['UserName', 'Message', 'PostDateTime'], true, 'one value is one of the policy’s'),
  any(['UserName'], false, 'no value is one of the policy’s'),
  any(undefined, false, 'the key is absent'),
  any([], false, 'the key has no values'),
  any([''], false, 'the values come to nothing'),
  set(
    'ForAllValues of a negation: none is listed',
    tagKeys('ForAllValues:StringNotEquals'),
    keysOf('a', 'b'),
    true,
  ),
  set(
    'ForAllValues of a negation: one is listed',
    tagKeys('ForAllValues:StringNotEquals'),
    keysOf('a', 'environment'),
    false,
  ),
  set('ForAllValues of a negation: the key is absent', tagKeys('ForAllValues:StringNotEquals'), {}, true),
  set(
    'ForAnyValue of a negation: one is not listed',
    tagKeys('ForAnyValue:StringNotEquals'),
    keysOf('a', 'environment'),
    true,
  ),
  set(
    'ForAnyValue of a negation: all are listed',
    tagKeys('ForAnyValue:StringNotEquals'),
    keysOf('environment', 'CostCenter'),
    false,
  ),
  set('ForAnyValue of a negation: the key is absent', tagKeys('ForAnyValue:StringNotEquals'), {}, false),
  set(
    'ForAllValues with wildcards',
    { 'ForAllValues:StringLike': { 'aws:TagKeys': 'key-*' } },
    keysOf('key-1', 'key-2'),
    true,
  ),
  set(
    'ForAnyValue with wildcards',
    { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'key-*' } },
    keysOf('x', 'key-2'),
    true,
  ),
  set(
    'ForAnyValue of ARNs',
    { 'ForAnyValue:ArnLike': { 'a:arns': 'arn:aws:sns:*:*:*' } },
    { 'a:arns': ['arn:aws:sqs:us-east-1:111122223333:q', TOPIC] },
    true,
  ),
  set('ForAllValuesIfExists without the key', tagKeys('ForAllValues:StringEqualsIfExists'), {}, true),
  set('ForAnyValueIfExists without the key', tagKeys('ForAnyValue:StringEqualsIfExists'), {}, true),
  set('ForAnyValueIfExists with the key', tagKeys('ForAnyValue:StringEqualsIfExists'), keysOf('a'), false),
  set(
    'at least one value and all of them listed: Null closes the gap that ForAllValues leaves',
    { ...tagKeys('ForAllValues:StringEquals'), Null: { 'aws:TagKeys': 'false' } },
    {},
    false,
  ),
  ofOneStatement(SOURCES.sets)(
    'ForAnyValue with Deny forbids what holds one of the values',
    denying('D', {
      Condition: { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': ['ID', 'PostDateTime'] } },
    }),
    { context: { 'dynamodb:Attributes': ['UserName', 'Message', 'PostDateTime'] } },
    true,
  ),
  ofOneStatement(SOURCES.sets)(
    'ForAnyValue with Deny leaves the rest',
    denying('D', {
      Condition: { 'ForAnyValue:StringEquals': { 'dynamodb:Attributes': ['ID', 'PostDateTime'] } },
    }),
    { context: { 'dynamodb:Attributes': ['UserName'] } },
    false,
  ),
  ofOneStatement(SOURCES.sets)(
    'ForAllValues with Deny forbids a request without the key',
    denying('D', { Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': 'key-*' } } }),
    {},
    true,
  ),
]

const FAILURES: readonly EvaluationCase[] = [
  {
    ...ofOneStatement(SOURCES.evaluation)(
      'an operator that nobody knows allows nothing',
      allowing('A', { Condition: { StringResembles: { 'a:key': 'x' } } }),
      { context: { 'a:key': 'x' } },
      false,
    ),
    chart: ['evaluation fails'],
  },
  {
    ...ofOneStatement(SOURCES.evaluation)(
      'an operator that nobody knows denies all the same',
      denying('D', { Condition: { StringResembles: { 'a:key': 'x' } } }),
      { context: { 'a:key': 'y' } },
      true,
    ),
    chart: ['evaluation fails'],
  },
]

export const CONDITION_CASES = [...OPERATORS, ...ABSENCE, ...BLOCKS, ...SETS, ...FAILURES]
