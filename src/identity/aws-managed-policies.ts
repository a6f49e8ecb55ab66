import type { PolicyDocument, StatementDocument } from './policies/policy-document.ts'

export interface ManagedPolicy {
  readonly name: string
  readonly path: string
  readonly description: string
  readonly version: string
  /** ISO 8601. */
  readonly created: string
  readonly updated: string
  readonly document: PolicyDocument
}

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']

const allow = (
  Action: string | readonly string[],
  more: Partial<StatementDocument> = {},
): StatementDocument => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
})

const policy = (...Statement: StatementDocument[]): PolicyDocument => ({ Version: '2012-10-17', Statement })

const executionRole = (
  name: string,
  description: string,
  version: string,
  [created, updated = created]: readonly [created: string, updated?: string],
  ...statements: StatementDocument[]
): ManagedPolicy => ({
  name,
  path: '/service-role/',
  description,
  version,
  created,
  updated,
  document: policy(...statements),
})

/**
 * Policies of AWS's own that functions' roles have. Their documents, versions and dates:
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const POLICIES: readonly ManagedPolicy[] = [
  {
    name: 'AdministratorAccess',
    path: '/',
    description: 'Provides full access to AWS services and resources.',
    version: 'v1',
    created: '2015-02-06T18:39:46Z',
    updated: '2015-02-06T18:39:46Z',
    document: policy(allow('*')),
  },
  {
    name: 'AWSLambda_FullAccess',
    path: '/',
    description:
      'Grants full access to AWS Lambda service, AWS Lambda console features, and other related AWS services.',
    version: 'v3',
    created: '2020-11-17T21:14:10Z',
    updated: '2025-12-01T16:04:11Z',
    document: policy(
      allow([
        'cloudformation:DescribeStacks',
        'cloudformation:ListStackResources',
        'cloudwatch:ListMetrics',
        'cloudwatch:GetMetricData',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
        'kms:DescribeKey',
        'kms:ListAliases',
        'iam:GetPolicy',
        'iam:GetPolicyVersion',
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:ListRoles',
        'lambda:*',
        'logs:DescribeLogGroups',
        'states:DescribeStateMachine',
        'states:ListStateMachines',
        'tag:GetResources',
        'xray:GetTraceSummaries',
        'xray:BatchGetTraces',
      ]),
      allow('iam:PassRole', {
        Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
      }),
      allow(
        [
          'logs:DescribeLogStreams',
          'logs:GetLogEvents',
          'logs:FilterLogEvents',
          'logs:StartLiveTail',
          'logs:StopLiveTail',
        ],
        { Resource: 'arn:aws:logs:*:*:log-group:/aws/lambda/*' },
      ),
      allow('iam:CreateServiceLinkedRole', {
        Resource: 'arn:aws:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda',
        Condition: { StringEquals: { 'iam:AWSServiceName': 'lambda.amazonaws.com' } },
      }),
    ),
  },
  {
    name: 'AWSXRayDaemonWriteAccess',
    path: '/',
    description:
      'Allow the AWS X-Ray Daemon to relay raw trace segments data to the service’s API and retrieve sampling data (rules, targets, etc.) to be used by the X-Ray SDK.',
    version: 'v2',
    created: '2018-08-28T23:00:33Z',
    updated: '2024-02-13T21:58:30Z',
    document: policy(
      allow(
        [
          'xray:PutTraceSegments',
          'xray:PutTelemetryRecords',
          'xray:GetSamplingRules',
          'xray:GetSamplingTargets',
          'xray:GetSamplingStatisticSummaries',
        ],
        { Sid: 'AWSXRayDaemonWriteAccess', Resource: ['*'] },
      ),
    ),
  },
  executionRole(
    'AWSLambdaBasicExecutionRole',
    'Provides write permissions to CloudWatch Logs.',
    'v1',
    ['2015-04-09T15:03:43Z'],
    allow(LOGS),
  ),
  executionRole(
    'AWSLambdaDynamoDBExecutionRole',
    'Provides list and read access to DynamoDB streams and write permissions to CloudWatch Logs.',
    'v1',
    ['2015-04-09T15:09:29Z'],
    allow([
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      ...LOGS,
    ]),
  ),
  executionRole(
    'AWSLambdaKinesisExecutionRole',
    'Provides list and read access to Kinesis streams and write permissions to CloudWatch Logs.',
    'v2',
    ['2015-04-09T15:14:16Z', '2018-11-19T20:09:24Z'],
    allow([
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
      'kinesis:ListStreams',
      'kinesis:SubscribeToShard',
      ...LOGS,
    ]),
  ),
  executionRole(
    'AWSLambdaRole',
    'Default policy for AWS Lambda service role.',
    'v1',
    ['2015-02-06T18:41:28Z'],
    allow(['lambda:InvokeFunction'], { Resource: ['*'] }),
  ),
  executionRole(
    'AWSLambdaSQSQueueExecutionRole',
    'Provides receive message, delete message, and read attribute access to SQS queues, and write permissions to CloudWatch logs.',
    'v1',
    ['2018-06-14T21:50:45Z'],
    allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...LOGS]),
  ),
  executionRole(
    'AWSLambdaVPCAccessExecutionRole',
    'Provides minimum permissions for a Lambda function to execute while accessing a resource within a VPC - create, describe, delete network interfaces and write permissions to CloudWatch Logs.',
    'v3',
    ['2016-02-11T23:15:26Z', '2024-01-05T22:38:26Z'],
    allow(
      [
        ...LOGS,
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      { Sid: 'AWSLambdaVPCAccessExecutionPermissions' },
    ),
  ),
]

export const managedPolicyArn = ({ path, name }: Pick<ManagedPolicy, 'path' | 'name'>): string =>
  `arn:aws:iam::aws:policy${path}${name}`

/** By ARN. */
export const MANAGED_POLICIES: ReadonlyMap<string, ManagedPolicy> = new Map(
  POLICIES.map(each => [managedPolicyArn(each), each]),
)
