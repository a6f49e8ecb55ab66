import * as apigateway from '@aws-sdk/client-api-gateway'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as dynamodb from '@aws-sdk/client-dynamodb'
import * as lambda from '@aws-sdk/client-lambda'
import * as sns from '@aws-sdk/client-sns'
import * as sts from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import apigatewayFacts from '../../../../src/aws/services/apigateway/facts.generated.json' with {
  type: 'json',
}
import lambdaFacts from '../../../../src/aws/services/lambda/facts.generated.json' with { type: 'json' }
import { findTypeMismatch } from '../../../../src/aws/wire/constraints/check.ts'
import { type ServiceFacts, serviceFacts } from '../../../../src/aws/wire/constraints/facts.ts'
import {
  errorsOf,
  type Operation,
  operationsOf,
  type SchemaModule,
} from '../../../../src/aws/wire/operations.ts'
import { Refusal } from '../../../../src/lib/refusal.ts'
import { hasEventStream, ValueGenerator } from './generate-value.ts'
import { endpointOf, loopback } from './loopback-client.ts'

const SEED = 20_261_122
const SAMPLES = 3

interface Subject {
  readonly schemas: SchemaModule
  readonly client: string
  readonly signingName: string
  readonly protocol: string
  readonly targetPrefix?: string
  readonly facts?: unknown
  /** Operations that clients do not sign. */
  readonly unsigned?: readonly string[]
  /** Errors whose code in awsQuery is that of others, which clients take them for. */
  readonly namesakes?: readonly string[]
  /** Operations with streams of events, which are no values to be generated: event-stream.test.ts. */
  readonly eventStreams?: readonly string[]
}

const SUBJECTS: Record<string, Subject> = {
  'Lambda (restJson1)': {
    schemas: lambda as never,
    client: 'LambdaClient',
    signingName: 'lambda',
    protocol: 'rest-json',
    facts: lambdaFacts,
    eventStreams: ['InvokeWithResponseStream'],
  },
  'API Gateway (restJson1)': {
    schemas: apigateway as never,
    client: 'APIGatewayClient',
    signingName: 'apigateway',
    protocol: 'rest-json',
    facts: apigatewayFacts,
  },
  'DynamoDB (awsJson 1.0)': {
    schemas: dynamodb as never,
    client: 'DynamoDBClient',
    signingName: 'dynamodb',
    protocol: 'json',
    targetPrefix: 'DynamoDB_20120810',
  },
  'CloudWatch Logs (awsJson 1.1)': {
    schemas: logs as never,
    client: 'CloudWatchLogsClient',
    signingName: 'logs',
    protocol: 'json',
    targetPrefix: 'Logs_20140328',
    eventStreams: ['GetLogObject', 'StartLiveTail'],
  },
  'CloudWatch (rpcv2Cbor)': {
    schemas: cloudwatch as never,
    client: 'CloudWatchClient',
    signingName: 'monitoring',
    protocol: 'smithy-rpc-v2-cbor',
    targetPrefix: 'GraniteServiceVersion20100801',
    namesakes: ['DashboardNotFoundError'],
  },
  'SNS (awsQuery)': {
    schemas: sns as never,
    client: 'SNSClient',
    signingName: 'sns',
    protocol: 'query',
  },
  'STS (awsQuery)': {
    schemas: sts as never,
    client: 'STSClient',
    signingName: 'sts',
    protocol: 'query',
    unsigned: ['AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'],
  },
}

interface Sender {
  send(command: unknown): Promise<Record<string, unknown>>
}

type Constructor<T> = new (argument: unknown) => T

/** Facts that constrain nothing: generated values are of the right types and mean nothing. */
function permissive(subject: Subject, operations: Iterable<string>): ServiceFacts {
  return {
    source: 'test',
    serviceId: subject.client,
    protocol: subject.protocol,
    apiVersion: '',
    signingName: subject.signingName,
    endpointPrefix: subject.signingName,
    targetPrefix: subject.targetPrefix,
    xmlNamespace: 'http://weir.test/doc/',
    operations: Object.fromEntries([...operations].map(name => [name, ['POST', '/']])),
    shapes: [],
  }
}

describe.each(Object.entries(SUBJECTS))(`%s, through its own client, seed ${SEED}`, (_name, subject) => {
  const operations = operationsOf(subject.schemas)
  const generator = new ValueGenerator(SEED, subject.protocol !== 'query')
  let answer: (input: unknown) => unknown = () => ({})
  const endpoint = endpointOf(
    {
      signingName: subject.signingName,
      schemas: subject.schemas,
      facts: permissive(subject, operations.keys()),
    },
    async input => answer(input),
  )
  const client = new (subject.schemas[subject.client] as Constructor<Sender>)(loopback(endpoint))
  const send = (operation: Operation, input: unknown) =>
    client.send(new (subject.schemas[`${operation.name}Command`] as Constructor<unknown>)(input))
  const signed = [...operations.values()].filter(({ name }) => !subject.unsigned?.includes(name))
  const whole = signed.filter(({ input, output }) => !hasEventStream(input) && !hasEventStream(output))

  it('leaves out what is known to be left out', () => {
    const left = [...operations.keys()].filter(name => !whole.some(operation => operation.name === name))
    expect(left).toEqual([...(subject.unsigned ?? []), ...(subject.eventStreams ?? [])])
  })

  it.each(whole.map(operation => [operation.name, operation] as const))('%s', async (name, operation) => {
    for (let sample = 0; sample < SAMPLES; sample++) {
      const input = generator.structure(operation.input)
      const output = generator.structure(operation.output, operation.http?.[2])
      let received: unknown
      answer = given => {
        received = given
        return output
      }
      const { $metadata, ...answered } = await send(operation, structuredClone(input))
      expect(received).toEqual(input)
      expect(await asWritten(answered)).toEqual(output)
      if (subject.facts) {
        expect(findTypeMismatch(serviceFacts(subject.facts), name, received)).toBeUndefined()
      }
    }
  })

  const errors = [...errorsOf(subject.schemas)].filter(
    ([name]) => subject.schemas[name] && !subject.namesakes?.includes(name),
  )

  it.each(errors)('raises %s with its members', async (name, shape) => {
    const operation = whole[0]!
    const { message: _, Message: __, ...members } = generator.structure(shape.schema)
    answer = () => {
      throw new Refusal(name, `because of <${name}> & "so"`, { members })
    }
    const error = await send(operation, generator.structure(operation.input)).then(
      () => undefined,
      reason => reason as Error & Record<string, unknown>,
    )
    expect(error).toBeInstanceOf(subject.schemas[name])
    expect(error!.message).toBe(`because of <${name}> & "so"`)
    expect(error).toMatchObject(members)
    expect((error!.$metadata as { httpStatusCode: number }).httpStatusCode).toBe(shape.status)
    expect((error!.$metadata as { requestId?: string }).requestId).toMatch(/^[0-9a-f-]{36}$/)
  })
})

async function asWritten(output: Record<string, unknown>): Promise<Record<string, unknown>> {
  const entries = Object.entries(output).map(async ([name, value]) => {
    const stream = value as { transformToByteArray?: () => Promise<Uint8Array> } | null
    if (typeof stream?.transformToByteArray === 'function') return [name, await stream.transformToByteArray()]
    // The client gives bytes a method more.
    return [name, value instanceof Uint8Array ? Uint8Array.from(value) : value] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
