import {
  type CreateEventSourceMappingCommandInput,
  InvalidParameterValueException,
  paginateListEventSourceMappings,
  ResourceConflictException,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ConnectedMapping } from '../../../../src/functions/event-sources/event-source.ts'
import { failure, type Harness, lambdaHarness, settings } from './lambda-harness.ts'

const FunctionName = 'worker'
const UNKNOWN = '00000000-0000-4000-8000-000000000000'

let weir: Harness
let queue: string
let fifo: string
let kinesis: string
let dynamo: string
/** What the source was told, in order. */
let told: Array<[what: string, mapping: ConnectedMapping]>
let refusal: string | undefined
/** While set, the source does not answer. */
let hold: Promise<void> | undefined

beforeEach(async () => {
  weir = await lambdaHarness()
  await weir.client.createFunction({ ...settings(FunctionName), Publish: true })
  await weir.client.createAlias({ FunctionName, Name: 'live', FunctionVersion: '1' })
  const at = (service: string, resource: string) =>
    `arn:aws:${service}:eu-central-1:${weir.account.id}:${resource}`
  queue = at('sqs', 'jobs')
  fifo = at('sqs', 'jobs.fifo')
  kinesis = at('kinesis', 'stream/clicks')
  dynamo = at('dynamodb', 'table/orders/stream/2026-01-01T00:00:00.000')
  told = []
  refusal = undefined
  hold = undefined
  const tell = (what: string) => async (mapping: ConnectedMapping) => {
    await hold
    told.push([what, mapping])
  }
  const source = {
    check: async () => refusal,
    connect: tell('connect'),
    disconnect: tell('disconnect'),
    forget: tell('forget'),
  }
  Object.assign(weir.eventSources, { sqs: source, kinesis: source, dynamodb: source })
})

const create = (input: Partial<CreateEventSourceMappingCommandInput>) =>
  weir.client.createEventSourceMapping({ FunctionName, ...input })

const reaches = (UUID: string, State: string) =>
  vi.waitFor(async () => expect((await weir.client.getEventSourceMapping({ UUID })).State).toBe(State), {
    timeout: 10_000,
    interval: 20,
  })

const withoutMetadata = ({ $metadata: _, ...rest }: { $metadata: unknown }) => rest

describe('a mapping', () => {
  it('of a queue has Lambda’s defaults and is on its way when it is answered', async () => {
    const created = await create({ EventSourceArn: queue })
    expect(created.$metadata.httpStatusCode).toBe(202)
    expect(withoutMetadata(created)).toEqual({
      UUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      EventSourceMappingArn: `arn:aws:lambda:eu-central-1:${weir.account.id}:event-source-mapping:${created.UUID}`,
      EventSourceArn: queue,
      FunctionArn: weir.arn(FunctionName),
      State: 'Creating',
      StateTransitionReason: 'USER_INITIATED',
      LastModified: expect.any(Date),
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: [],
    })
    await reaches(created.UUID!, 'Enabled')
    expect(told).toMatchObject([
      [
        'connect',
        { uuid: created.UUID, account: weir.account, sourceArn: queue, settings: { batchSize: 10 } },
      ],
    ])
  })

  it('of a stream has what streams have', async () => {
    const created = await create({ EventSourceArn: dynamo, StartingPosition: 'LATEST' })
    expect(created).toMatchObject({
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
      StartingPosition: 'LATEST',
      BisectBatchOnFunctionError: false,
      MaximumRecordAgeInSeconds: -1,
      MaximumRetryAttempts: -1,
      ParallelizationFactor: 1,
      TumblingWindowInSeconds: 0,
      DestinationConfig: { OnFailure: {} },
      LastProcessingResult: 'No records processed',
    })
  })

  it('keeps every setting it is given, and changes what it is told to', async () => {
    const given = {
      BatchSize: 500,
      MaximumBatchingWindowInSeconds: 5,
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 60,
      MaximumRetryAttempts: 3,
      ParallelizationFactor: 2,
      TumblingWindowInSeconds: 30,
      FunctionResponseTypes: ['ReportBatchItemFailures' as const],
      FilterCriteria: { Filters: [{ Pattern: '{"data":{"kind":["order",{"prefix":"re"}]}}' }] },
      StartingPosition: 'AT_TIMESTAMP' as const,
      StartingPositionTimestamp: new Date('2026-01-01T00:00:00Z'),
    }
    const { UUID } = await create({ EventSourceArn: kinesis, FunctionName: `${FunctionName}:live`, ...given })
    await reaches(UUID!, 'Enabled')
    expect(await weir.client.getEventSourceMapping({ UUID })).toMatchObject({
      ...given,
      FunctionArn: weir.arn(FunctionName, 'live'),
    })
    const updated = await weir.client.updateEventSourceMapping({
      UUID,
      FunctionName,
      BatchSize: 7,
      FunctionResponseTypes: [],
      FilterCriteria: {},
    })
    expect(updated).toMatchObject({
      State: 'Updating',
      FunctionArn: weir.arn(FunctionName),
      BatchSize: 7,
      ParallelizationFactor: 2,
      FunctionResponseTypes: [],
    })
    expect(updated.FilterCriteria).toBeUndefined()
    await reaches(UUID!, 'Enabled')
    expect(told.at(-1)).toMatchObject(['connect', { settings: { batchSize: 7 } }])
  })

  it('is disabled, enabled and deleted by way of states of their own', async () => {
    const { UUID } = await create({ EventSourceArn: queue, Enabled: false })
    await reaches(UUID!, 'Disabled')
    const enabling = await weir.client.updateEventSourceMapping({ UUID, Enabled: true })
    expect(enabling.State).toBe('Enabling')
    await reaches(UUID!, 'Enabled')
    const disabling = await weir.client.updateEventSourceMapping({ UUID, Enabled: false })
    expect(disabling.State).toBe('Disabling')
    await reaches(UUID!, 'Disabled')
    const deleting = await weir.client.deleteEventSourceMapping({ UUID })
    expect(deleting).toMatchObject({ State: 'Deleting', $metadata: { httpStatusCode: 202 } })
    await vi.waitFor(async () => {
      const gone = await failure(weir.client.getEventSourceMapping({ UUID }))
      expect(gone).toBeInstanceOf(ResourceNotFoundException)
    })
    expect(told.map(([what]) => what)).toEqual(['disconnect', 'connect', 'disconnect', 'forget'])
    // The same source and function may be mapped again.
    await create({ EventSourceArn: queue })
  })

  it('is left alone while it is on its way', async () => {
    let release = () => {}
    hold = new Promise(resolve => {
      release = resolve
    })
    const { UUID } = await create({ EventSourceArn: queue })
    for (const [call, word] of [
      [() => weir.client.updateEventSourceMapping({ UUID, BatchSize: 1 }), 'update'],
      [() => weir.client.deleteEventSourceMapping({ UUID }), 'delete'],
    ] as const) {
      const error = await failure(call())
      expect(error).toBeInstanceOf(ResourceInUseException)
      expect(error.message).toBe(`Cannot ${word} the event source mapping because it is in use.`)
    }
    release()
    await reaches(UUID!, 'Enabled')
  })

  it('exists once for a source and a function', async () => {
    const { UUID } = await create({ EventSourceArn: queue })
    const again = await failure(create({ EventSourceArn: queue }))
    expect(again).toBeInstanceOf(ResourceConflictException)
    expect(again.message).toBe(
      `An event source mapping with SQS arn (" ${queue} ") and function (" ${FunctionName} ") already exists. Please update or delete the existing mapping with UUID ${UUID}`,
    )
    await create({ EventSourceArn: queue, FunctionName: `${FunctionName}:live` })
  })
})

describe('a mapping that cannot be is refused:', () => {
  it.each<[string, () => Partial<CreateEventSourceMappingCommandInput>, string]>([
    ['without a source', () => ({}), 'Unrecognized event source.'],
    [
      'of what Lambda does not read',
      () => ({ EventSourceArn: 'arn:aws:s3:::bucket' }),
      'Unrecognized event source.',
    ],
    [
      'of a table instead of its stream',
      () => ({ EventSourceArn: dynamo.replace(/\/stream.*/, ''), StartingPosition: 'LATEST' }),
      'Unrecognized event source.',
    ],
    [
      'of a service that is not there',
      () => ({
        EventSourceArn: `arn:aws:kafka:eu-central-1:${weir.account.id}:cluster/c/1`,
        StartingPosition: 'LATEST',
      }),
      'Weir does not support Apache Kafka topics as event sources yet.',
    ],
    [
      'for a function that is not there',
      () => ({ EventSourceArn: queue, FunctionName: 'absent' }),
      'Function does not exist',
    ],
    [
      'for an alias that is not there',
      () => ({ EventSourceArn: queue, FunctionName: `${FunctionName}:absent` }),
      'Function does not exist',
    ],
    [
      'of a large batch that is not waited for',
      () => ({ EventSourceArn: queue, BatchSize: 11 }),
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    ],
    [
      'of too large a batch of a FIFO queue',
      () => ({ EventSourceArn: fifo, BatchSize: 11 }),
      'BatchSize 11 exceeds the max of 10',
    ],
    [
      'of a FIFO queue that waits',
      () => ({ EventSourceArn: fifo, MaximumBatchingWindowInSeconds: 1 }),
      'Batching window is not supported for FIFO queues.',
    ],
    [
      'of a stream without a position',
      () => ({ EventSourceArn: kinesis }),
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    ],
    [
      'of a queue with a position',
      () => ({ EventSourceArn: queue, StartingPosition: 'LATEST' }),
      'StartingPosition is not valid for SQS event sources.',
    ],
    [
      'with a member of other types',
      () => ({ EventSourceArn: queue, ParallelizationFactor: 2 }),
      'Unsupported ParallelizationFactor parameter for given event source mapping type.',
    ],
    [
      'with a limit that streams do not have',
      () => ({
        EventSourceArn: kinesis,
        StartingPosition: 'LATEST',
        ScalingConfig: { MaximumConcurrency: 2 },
      }),
      'Unsupported ScalingConfig parameter for given event source mapping type.',
    ],
    [
      'with a pattern that is none',
      () => ({ EventSourceArn: queue, FilterCriteria: { Filters: [{ Pattern: '{"body":"no list"}' }] } }),
      'Invalid filter pattern definition.',
    ],
    [
      'that gives up what is younger than a minute',
      () => ({ EventSourceArn: kinesis, StartingPosition: 'LATEST', MaximumRecordAgeInSeconds: 59 }),
      'MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.',
    ],
    [
      'that tells of failures where nobody listens',
      () => ({
        EventSourceArn: kinesis,
        StartingPosition: 'LATEST',
        DestinationConfig: { OnFailure: { Destination: queue } },
      }),
      'Weir does not support SQS queues as destinations of event source mappings yet.',
    ],
  ])('%s', async (_, input, message) => {
    const error = await failure(create(input()))
    expect(error).toBeInstanceOf(InvalidParameterValueException)
    expect(error.message).toBe(message)
    expect(told).toEqual([])
  })

  it('of a timestamp of a table’s stream', async () => {
    const input = { StartingPosition: 'AT_TIMESTAMP' as const, StartingPositionTimestamp: new Date() }
    expect((await failure(create({ EventSourceArn: dynamo, ...input }))).message).toBe(
      `Unsupported starting position for arn type: ${dynamo}`,
    )
  })

  it('of a source that is not there, in the source’s words', async () => {
    refusal = `Stream not found: ${kinesis}`
    const error = await failure(create({ EventSourceArn: kinesis, StartingPosition: 'LATEST' }))
    expect(error.message).toBe(`Stream not found: ${kinesis}`)
  })

  it('of bounds that the model states', async () => {
    const error = await failure(create({ EventSourceArn: queue, BatchSize: 10_001 }))
    expect(error).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("at 'batchSize' failed to satisfy constraint"),
    })
  })
})

describe('mappings', () => {
  it('that are not there are not found', async () => {
    const { client } = weir
    for (const call of [
      () => client.getEventSourceMapping({ UUID: UNKNOWN }),
      () => client.updateEventSourceMapping({ UUID: UNKNOWN, Enabled: true }),
      () => client.deleteEventSourceMapping({ UUID: UNKNOWN }),
    ]) {
      const error = await failure(call())
      expect(error).toBeInstanceOf(ResourceNotFoundException)
      expect(error.message).toBe('The resource you requested does not exist.')
    }
  })

  it('are listed in pages, by source and by function', async () => {
    await weir.client.createFunction(settings('other'))
    await create({ EventSourceArn: queue })
    await create({ EventSourceArn: queue, FunctionName: `${FunctionName}:live` })
    await create({ EventSourceArn: kinesis, StartingPosition: 'LATEST' })
    await create({ EventSourceArn: kinesis, StartingPosition: 'LATEST', FunctionName: 'other' })
    const listed = async (filter: { EventSourceArn?: string; FunctionName?: string }) => {
      const found: string[] = []
      for await (const { EventSourceMappings } of paginateListEventSourceMappings(
        { client: weir.client, pageSize: 1 },
        filter,
      )) {
        expect(EventSourceMappings!.length).toBeLessThanOrEqual(1)
        found.push(
          ...EventSourceMappings!.map(
            each => `${each.FunctionArn!.split('function:')[1]} < ${each.EventSourceArn!.split(':')[2]}`,
          ),
        )
      }
      return found.sort()
    }
    expect(await listed({})).toEqual([
      'other < kinesis',
      'worker < kinesis',
      'worker < sqs',
      'worker:live < sqs',
    ])
    expect(await listed({ EventSourceArn: queue })).toEqual(['worker < sqs', 'worker:live < sqs'])
    expect(await listed({ FunctionName })).toEqual(['worker < kinesis', 'worker < sqs'])
    expect(await listed({ FunctionName: `${FunctionName}:live` })).toEqual(['worker:live < sqs'])
    expect(await listed({ FunctionName, EventSourceArn: kinesis })).toEqual(['worker < kinesis'])
    expect(await listed({ EventSourceArn: fifo })).toEqual([])
  })

  it('have tags', async () => {
    const { EventSourceMappingArn: Resource } = await create({ EventSourceArn: queue, Tags: { a: '1' } })
    await weir.client.tagResource({ Resource, Tags: { b: '2', c: '3' } })
    await weir.client.untagResource({ Resource, TagKeys: ['a'] })
    expect((await weir.client.listTags({ Resource })).Tags).toEqual({ b: '2', c: '3' })
    const absent = Resource!.replace(/[^:]+$/, UNKNOWN)
    const error = await failure(weir.client.listTags({ Resource: absent }))
    expect(error).toBeInstanceOf(ResourceNotFoundException)
    expect(error.message).toBe(`Event source mapping not found: ${absent}`)
  })

  it('whose source fails are told to it again later', async () => {
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {})
    weir.eventSources.sqs = {
      ...weir.eventSources.sqs!,
      connect: async () => {
        throw new Error('away')
      },
    }
    const { UUID } = await create({ EventSourceArn: queue })
    await vi.waitFor(() => expect(log).toHaveBeenCalled())
    expect((await weir.client.getEventSourceMapping({ UUID })).State).toBe('Creating')
    log.mockRestore()
    weir.eventSources.sqs = weir.eventSources.kinesis
    await weir.publishWaiting()
    await reaches(UUID!, 'Enabled')
  })
})
