import { allow, type ManagedPolicy, policy } from './aws-policy.ts'
import type { StatementDocument } from './policies/policy-document.ts'

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']

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

/** AWS's own policies that the roles of functions and services have. */
export const POLICIES_FOR_SERVICES: readonly ManagedPolicy[] = [
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
  executionRole(
    'AmazonAPIGatewayPushToCloudWatchLogs',
    "Allows API Gateway to push logs to user's account.",
    'v1',
    ['2015-11-11T23:41:46Z'],
    allow([
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:DescribeLogGroups',
      'logs:DescribeLogStreams',
      'logs:PutLogEvents',
      'logs:GetLogEvents',
      'logs:FilterLogEvents',
    ]),
  ),
]
