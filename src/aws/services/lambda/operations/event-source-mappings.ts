import type { Lambda } from '@aws-sdk/client-lambda'
import { findVersion } from '../../../../functions/control/find-function.ts'
import {
  conflict,
  invalidParameter,
  notFound,
  unsupported,
} from '../../../../functions/control/function-refusals.ts'
import type { EventSources } from '../../../../functions/event-sources/event-source.ts'
import {
  type EventSourceMapping,
  eventSourceMappings,
  isInTransition,
  MAPPING_PUBLICATION,
  type MappingRecord,
  mappingAlias,
} from '../../../../functions/event-sources/mapping-records.ts'
import { type SourceType, sourceTypeOf } from '../../../../functions/event-sources/source-types.ts'
import { functionArn } from '../../../../lib/arn.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { modify } from '../../../../records/modify.ts'
import type { Stored } from '../../../../records/records.ts'
import type { InputOf } from '../../../wire/service.ts'
import { type Context, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { describeMapping } from '../describe-mapping.ts'
import { settledMapping } from '../mapping-rules.ts'
import { byId, pageOf } from '../pages.ts'
import { withTags } from '../tag-rules.ts'

/** Mappings of one read of a filtered list. */
const BATCH = 200

export const eventSourceMappingOperations = (sources: EventSources) =>
  ({
    async CreateEventSourceMapping(input, call) {
      const context = contextOf(call)
      const { account, records, platform } = context
      const type = givenType(input)
      const settings = settledMapping(type, input, undefined)
      const sourceArn = input.EventSourceArn!
      const target = await mappedFunction(context, input.FunctionName)
      await checkSource(context, sources, type, sourceArn, target.role)
      const created: MappingRecord = {
        sourceArn,
        functionArn: target.arn,
        isEnabled: input.Enabled ?? true,
        ...startingAt(type, input),
        settings,
        state: 'Creating',
        lastModified: platform.clock(),
        tags: withTags({}, input.Tags ?? {}),
      }
      const uuid = crypto.randomUUID()
      return changeMapping(context, uuid, async () => {
        const taken = await records.byAlias(eventSourceMappings, mappingAlias(created))
        if (taken) throw alreadyMapped(type, target.name, taken)
        await records
          .change()
          .create(eventSourceMappings, { parent: '', id: uuid }, created, mappingAlias(created))
          .publish({ kind: MAPPING_PUBLICATION, id: uuid })
          .commit()
        return describeMapping(account, uuid, created)
      })
    },

    async GetEventSourceMapping(input, call) {
      const context = contextOf(call)
      const found = await findMapping(context, input.UUID)
      return describeMapping(context.account, found.id, found.doc)
    },

    async UpdateEventSourceMapping(input, call) {
      const context = contextOf(call)
      const { account, records, platform } = context
      const uuid = input.UUID
      return changeMapping(context, uuid, async () => {
        const found = await findMapping(context, uuid)
        if (isInTransition(found.doc.state)) throw inUse('update')
        const type = sourceTypeOf(found.doc.sourceArn)!
        const target =
          input.FunctionName === undefined ? undefined : await mappedFunction(context, input.FunctionName)
        const isEnabled = input.Enabled ?? found.doc.isEnabled
        const changed: MappingRecord = {
          ...found.doc,
          functionArn: target?.arn ?? found.doc.functionArn,
          isEnabled,
          settings: settledMapping(type, input, found.doc.settings),
          state: isEnabled === found.doc.isEnabled ? 'Updating' : isEnabled ? 'Enabling' : 'Disabling',
          lastModified: platform.clock(),
        }
        const taken = await records.byAlias(eventSourceMappings, mappingAlias(changed))
        if (taken && taken.id !== uuid) throw alreadyMapped(type, target?.name ?? '', taken)
        await records
          .change()
          .replace(eventSourceMappings, found, changed, mappingAlias(changed))
          .publish({ kind: MAPPING_PUBLICATION, id: uuid })
          .commit()
        return describeMapping(account, uuid, changed)
      })
    },

    async DeleteEventSourceMapping(input, call) {
      const context = contextOf(call)
      const { account, records } = context
      const uuid = input.UUID
      return changeMapping(context, uuid, async () => {
        const found = await findMapping(context, uuid)
        if (isInTransition(found.doc.state)) throw inUse('delete')
        const changed: MappingRecord = { ...found.doc, state: 'Deleting' }
        await records
          .change()
          .replace(eventSourceMappings, found, changed)
          .publish({ kind: MAPPING_PUBLICATION, id: uuid })
          .commit()
        return describeMapping(account, uuid, changed)
      })
    },

    async ListEventSourceMappings(input, call) {
      const context = contextOf(call)
      const { account } = context
      const source = input.EventSourceArn
      const named =
        input.FunctionName === undefined
          ? undefined
          : referenceOf(context, { FunctionName: input.FunctionName })
      const wanted = named && functionArn(account, named.name, named.qualifier)
      const { items, NextMarker } = await pageOf(
        `event-source-mappings/${source ?? ''}/${wanted ?? ''}`,
        input,
        ([after]) => mappings(context, after, source, wanted),
        byId,
      )
      return {
        EventSourceMappings: items.map(({ id, doc }) => describeMapping(account, id, doc)),
        NextMarker,
      }
    },
  }) satisfies LambdaHandlers

type CreateInput = InputOf<Lambda['createEventSourceMapping']>

/** The type of source that a mapping is asked for. */
function givenType(input: CreateInput): SourceType {
  if (input.SelfManagedEventSource !== undefined) {
    throw unsupported('Apache Kafka clusters of one’s own as event sources')
  }
  const arn = input.EventSourceArn
  const type = arn === undefined ? undefined : sourceTypeOf(arn)
  if (!type) throw invalidParameter('Unrecognized event source.')
  return type
}

function startingAt(
  { positions }: SourceType,
  input: CreateInput,
): Pick<EventSourceMapping, 'startingPosition' | 'startingTimestamp'> {
  const { StartingPosition: startingPosition, StartingPositionTimestamp: timestamp } = input
  if (!positions) {
    if (startingPosition !== undefined) {
      throw invalidParameter('StartingPosition is not valid for SQS event sources.')
    }
    return {}
  }
  if (startingPosition === undefined) {
    throw invalidParameter(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    )
  }
  if (!positions.includes(startingPosition)) {
    throw invalidParameter(`Unsupported starting position for arn type: ${input.EventSourceArn}`)
  }
  if (startingPosition !== 'AT_TIMESTAMP') return { startingPosition }
  if (timestamp === undefined) {
    throw invalidParameter(
      "1 validation error detected: Value null at 'startingPositionTimestamp' failed to satisfy constraint: Member must not be null.",
    )
  }
  return { startingPosition, startingTimestamp: timestamp.getTime() }
}

/** The function, version or alias that records are for. */
async function mappedFunction(context: Context, text: string) {
  const { account, records } = context
  const reference = referenceOf(context, { FunctionName: text })
  const { name, qualifier } = reference
  try {
    const { configuration } = await findVersion(records, account, reference)
    return { name, arn: functionArn(account, name, qualifier), role: configuration.role }
  } catch (error) {
    if (error instanceof Refusal) throw invalidParameter('Function does not exist')
    throw error
  }
}

async function checkSource(
  { account }: Context,
  sources: EventSources,
  { service, what }: SourceType,
  arn: string,
  role: string,
): Promise<void> {
  const source = sources[service]
  if (!source) throw unsupported(`${what} as event sources yet`)
  const refusal = await source.check({ arn, account, role })
  if (refusal !== undefined) throw invalidParameter(refusal)
}

async function findMapping({ records }: Context, uuid: string): Promise<Stored<MappingRecord>> {
  const found = await records.get(eventSourceMappings, '', uuid)
  if (!found) throw notFound('The resource you requested does not exist.')
  return found
}

/** Answers with the state on the way; the source is told, and the mapping arrives, after the answer. */
async function changeMapping<T>(context: Context, uuid: string, work: () => Promise<T>): Promise<T> {
  const { account, platform } = context
  const answer = await modify(work)
  platform.defer(
    platform.publications
      .publish(account, MAPPING_PUBLICATION, uuid)
      .catch(error => console.warn(`event source mapping ${uuid} waits for its source`, error)),
  )
  return answer
}

/** Of a source and of a function, where these are given. */
async function* mappings(
  { records }: Context,
  after: string | undefined,
  sourceArn: string | undefined,
  target: string | undefined,
): AsyncGenerator<Stored<MappingRecord>> {
  for await (const mapping of records.each(eventSourceMappings, '', { after, batch: BATCH })) {
    if (sourceArn !== undefined && mapping.doc.sourceArn !== sourceArn) continue
    if (target !== undefined && mapping.doc.functionArn !== target) continue
    yield mapping
  }
}

const inUse = (what: 'update' | 'delete'): Refusal =>
  new Refusal('ResourceInUseException', `Cannot ${what} the event source mapping because it is in use.`, {
    members: { Type: 'User' },
  })

function alreadyMapped({ service }: SourceType, name: string, taken: Stored<MappingRecord>): Refusal {
  const { sourceArn } = taken.doc
  const advice = `Please update or delete the existing mapping with UUID ${taken.id}`
  return conflict(
    service === 'sqs'
      ? `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${name} ") already exists. ${advice}`
      : `The event source arn (" ${sourceArn} ") and function (" ${name} ") provided mapping already exists. ${advice}`,
  )
}
