import type { Program } from '../program.ts'

const CLIENT = `const settings = web => ({ region: 'eu-central-1', endpoint: web, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })`

export const AWS = [
  {
    package: '@aws-lambda-powertools/logger',
    exercised: 'structured log lines with the context of the call',
    source: `const { Logger } = require('@aws-lambda-powertools/logger')
const logger = new Logger({ serviceName: 'orders' })
exports.handler = async (event, context) => {
  logger.addContext(context)
  logger.info('placed', { who: event.who })
  return logger.getPersistentLogAttributes().service ?? logger.getLevelName()
}`,
    expected: () => 'INFO',
    logs: /"message":"placed".*"service":"orders"/,
  },
  {
    package: '@aws-lambda-powertools/metrics',
    exercised: 'metrics in the embedded format, written to the log',
    source: `const { Metrics, MetricUnit } = require('@aws-lambda-powertools/metrics')
const metrics = new Metrics({ namespace: 'shop', serviceName: 'orders' })
exports.handler = async event => {
  metrics.addMetadata('who', event.who)
  metrics.addMetric('placed', MetricUnit.Count, 3)
  const stored = metrics.serializeMetrics()
  metrics.publishStoredMetrics()
  return [stored.placed, stored.who, stored._aws.CloudWatchMetrics[0].Namespace]
}`,
    expected: ({ who }) => [3, who, 'shop'],
    logs: /"CloudWatchMetrics":\[\{"Namespace":"shop"/,
  },
  {
    package: '@aws-lambda-powertools/tracer',
    exercised: 'a segment with a subsegment and an annotation, not sent',
    source: `const { Tracer } = require('@aws-lambda-powertools/tracer')
const { Segment } = require('aws-xray-sdk-core')
const tracer = new Tracer({ serviceName: 'orders', captureHTTPsRequests: false })
exports.handler = async event => {
  const segment = new Segment('call')
  tracer.setSegment(segment)
  const subsegment = segment.addNewSubsegment('work')
  tracer.setSegment(subsegment)
  tracer.putAnnotation('who', event.who)
  subsegment.close()
  return [tracer.isTracingEnabled(), subsegment.annotations?.who ?? null, segment.subsegments[0].name]
}`,
    variables: { POWERTOOLS_TRACE_ENABLED: 'true' },
    expected: ({ who }) => [true, who, 'work'],
  },
  {
    package: '@aws-lambda-powertools/parameters',
    with: ['@aws-sdk/client-secrets-manager'],
    exercised: 'a secret through its provider, transformed and cached',
    source: `${CLIENT}
const { SecretsProvider } = require('@aws-lambda-powertools/parameters/secrets')
let provider
exports.handler = async ({ who, web }) => {
  provider ??= new SecretsProvider({ clientConfig: settings(web) })
  return provider.get('for-' + who, { transform: 'json', maxAge: 60 })
}`,
    expected: ({ who }) => ({ name: `for-${who}` }),
  },
  {
    package: '@aws-sdk/client-dynamodb',
    exercised: 'GetItem, and the error that a condition raises',
    source: `${CLIENT}
const { DynamoDBClient, GetItemCommand, PutItemCommand } = require('@aws-sdk/client-dynamodb')
let client
exports.handler = async ({ who, web }) => {
  client ??= new DynamoDBClient(settings(web))
  const { Item } = await client.send(new GetItemCommand({ TableName: 'people', Key: { name: { S: who } } }))
  const refused = await client.send(new PutItemCommand({ TableName: 'people', Item: {} })).catch(e => e)
  return [Item, refused.name]
}`,
    expected: ({ who }) => [{ name: { S: who }, age: { N: '36' } }, 'ConditionalCheckFailedException'],
  },
  {
    package: '@aws-sdk/lib-dynamodb',
    with: ['@aws-sdk/client-dynamodb'],
    exercised: 'GetItem with plain values',
    esm: true,
    source: `${CLIENT}
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
let client
export const handler = async ({ who, web }) => {
  client ??= DynamoDBDocumentClient.from(new DynamoDBClient(settings(web)))
  return (await client.send(new GetCommand({ TableName: 'people', Key: { name: who } }))).Item
}`,
    expected: ({ who }) => ({ name: who, age: 36 }),
  },
  {
    package: '@aws-sdk/client-s3',
    exercised: 'PutObject, and GetObject as a stream',
    source: `${CLIENT}
const { S3Client, PutObjectCommand, GetObjectCommand } = require('@aws-sdk/client-s3')
const { Readable } = require('node:stream')
let client
exports.handler = async ({ who, web }) => {
  client ??= new S3Client({ ...settings(web), forcePathStyle: true })
  const place = { Bucket: 'files', Key: who + '.txt' }
  const { ETag } = await client.send(new PutObjectCommand({ ...place, Body: Buffer.from('hello ' + who) }))
  const { Body, ContentType } = await client.send(new GetObjectCommand(place))
  let text = ''
  for await (const chunk of Body) text += chunk
  return [ETag, ContentType, Body instanceof Readable, text]
}`,
    expected: ({ who }) => [`"${6 + who.length}"`, 'text/plain', true, `hello ${who}`],
  },
  {
    package: '@aws-sdk/s3-request-presigner',
    with: ['@aws-sdk/client-s3'],
    exercised: 'a presigned URL, which is then fetched',
    source: `${CLIENT}
const { S3Client, GetObjectCommand } = require('@aws-sdk/client-s3')
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner')
exports.handler = async ({ who, web }) => {
  const client = new S3Client({ ...settings(web), forcePathStyle: true })
  const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'files', Key: who + '.txt' }), { expiresIn: 60 })
  const query = new URL(url).searchParams
  return [query.get('X-Amz-Expires'), query.get('X-Amz-Signature').length, await (await fetch(url)).text()]
}`,
    expected: ({ who }) => ['60', 64, `hello ${who}`],
  },
  {
    package: '@aws-sdk/client-sqs',
    exercised: 'SendMessage, whose checksum the client verifies',
    source: `${CLIENT}
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs')
exports.handler = async ({ who, web }) => {
  const client = new SQSClient(settings(web))
  return (await client.send(new SendMessageCommand({ QueueUrl: web + '/queue', MessageBody: 'for ' + who }))).MessageId
}`,
    expected: ({ who }) => `message for ${who}`,
  },
  {
    package: '@aws-sdk/client-sns',
    exercised: 'Publish over the query protocol',
    source: `${CLIENT}
const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns')
exports.handler = async ({ who, web }) => {
  const client = new SNSClient(settings(web))
  return (await client.send(new PublishCommand({ TopicArn: 'arn:aws:sns:eu-central-1:1:t', Message: who }))).MessageId
}`,
    expected: ({ who }) => `published ${who}`,
  },
  {
    package: '@aws-sdk/client-lambda',
    exercised: 'Invoke, and its payload',
    source: `${CLIENT}
const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda')
exports.handler = async ({ who, web }) => {
  const client = new LambdaClient(settings(web))
  const { Payload, StatusCode } = await client.send(new InvokeCommand({ FunctionName: 'greet', Payload: JSON.stringify({ who }) }))
  return [StatusCode, JSON.parse(Payload.transformToString())]
}`,
    expected: ({ who }) => [200, { invoked: 'greet', with: { who } }],
  },
  {
    package: '@aws-sdk/client-secrets-manager',
    exercised: 'GetSecretValue',
    source: `${CLIENT}
const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager')
exports.handler = async ({ who, web }) => {
  const client = new SecretsManagerClient(settings(web))
  return (await client.send(new GetSecretValueCommand({ SecretId: who }))).SecretString
}`,
    expected: ({ who }) => JSON.stringify({ name: who }),
  },
  {
    package: 'aws-sdk',
    exercised: 'S3 and DynamoDB of the SDK 2, by promise and by callback',
    source: `${CLIENT}
const AWS = require('aws-sdk')
exports.handler = async ({ who, web }) => {
  const table = new AWS.DynamoDB.DocumentClient(settings(web))
  const bucket = new AWS.S3({ ...settings(web), s3ForcePathStyle: true })
  const { Item } = await table.get({ TableName: 'people', Key: { name: who } }).promise()
  const body = await new Promise((resolve, reject) =>
    bucket.getObject({ Bucket: 'files', Key: who + '.txt' }, (error, data) => error ? reject(error) : resolve(data.Body.toString())))
  return [Item, body]
}`,
    variables: { AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: '1' },
    expected: ({ who }) => [{ name: who, age: 36 }, `hello ${who}`],
  },
] as const satisfies readonly Program[]
