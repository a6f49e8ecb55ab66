import type { LogGroup, LogGroupSummary } from '@aws-sdk/client-cloudwatch-logs'
import {
  LOG_GROUP_PUBLICATION,
  type LogGroupRecord,
  logGroupArn,
  logGroups,
} from '../../../../observability/logs/log-groups.ts'
import { objectsOf } from '../../../../observability/logs/publish-log-group.ts'
import type { Stored } from '../../../../records/records.ts'
import {
  type Context,
  change,
  changeGroup,
  contextOf,
  findGroup,
  identifiedGroup,
  type LogsHandlers,
  publishGroup,
} from '../context.ts'
import { LIMITS, RETENTION_DAYS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { alreadyExists, invalid, invalidRequest } from '../refusals.ts'
import { withTags } from '../tag-rules.ts'

/** Records that are read at a time where many may be passed over. */
const BATCH = 200

export const logGroupOperations = {
  async CreateLogGroup(input, call) {
    const context = contextOf(call)
    const { records, now } = context
    const { logGroupName: id, logGroupClass = 'STANDARD' } = input
    if (id.toLowerCase().startsWith('aws/'))
      throw invalid('Log groups starting with AWS/ are reserved for AWS.')
    if (input.kmsKeyId !== undefined) {
      throw invalid('kmsKeyId is not supported: what is stored is encrypted with keys of the platform')
    }
    if (logGroupClass !== 'STANDARD' && logGroupClass !== 'INFREQUENT_ACCESS') {
      throw invalid(`The log group class ${logGroupClass} is not supported`)
    }
    const doc: LogGroupRecord = {
      uid: crypto.randomUUID(),
      created: now,
      class: logGroupClass,
      ...(input.deletionProtectionEnabled && { isProtected: true }),
      tags: withTags({}, (input.tags ?? {}) as Record<string, string>),
    }
    await change(async () => {
      if (await records.get(logGroups, '', id)) throw alreadyExists('The specified log group already exists')
      await records.change().create(logGroups, { parent: '', id }, doc).commit()
    })
    return {}
  },

  async DeleteLogGroup(input, call) {
    const context = contextOf(call)
    const id = input.logGroupName
    await change(async () => {
      const stored = await findGroup(context, id)
      if (stored.doc.isProtected) {
        throw invalidRequest('The log group cannot be deleted while its deletion protection is enabled.')
      }
      await context.records
        .change()
        .remove(logGroups, stored)
        .publish({ kind: LOG_GROUP_PUBLICATION, id })
        .commit()
    })
    await publishGroup(context, id)
    return {}
  },

  async PutLogGroupDeletionProtection(input, call) {
    const context = contextOf(call)
    await changeGroup(context, identifiedGroup(context, input.logGroupIdentifier), group => ({
      ...group,
      isProtected: input.deletionProtectionEnabled,
    }))
    return {}
  },

  async DescribeLogGroups(input, call) {
    const context = contextOf(call)
    const { logGroupNamePrefix: prefix = '', logGroupNamePattern: part = '', logGroupClass } = input
    if (prefix !== '' && part !== '') {
      throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.')
    }
    const chosen = input.logGroupIdentifiers?.map(identifier => identifiedGroup(context, identifier))
    const matches = ({ id, doc }: Stored<LogGroupRecord>) =>
      id.includes(part) &&
      (logGroupClass === undefined || doc.class === logGroupClass) &&
      (!chosen || chosen.includes(id))
    const { items, nextToken } = await pageOf(
      JSON.stringify(['groups', prefix, part, logGroupClass, chosen]),
      after => groupsAfter(context, prefix, matches, after),
      ({ id }) => [id],
      input,
      LIMITS.perPage,
    )
    return { logGroups: await Promise.all(items.map(item => describeGroup(context, item))), nextToken }
  },

  async ListLogGroups(input, call) {
    const context = contextOf(call)
    if (input.dataSources?.length || input.fieldIndexNames?.length) {
      throw invalid('Log groups have no data sources and no field indexes')
    }
    const { logGroupNamePattern: pattern, logGroupClass, logGroupTags: tags = [] } = input
    // Text or ^text, several with | between them: the model allows nothing else.
    const alternatives = pattern?.split('|')
    const matches = ({ id, doc }: Stored<LogGroupRecord>) =>
      (!alternatives ||
        alternatives.some(text =>
          text.startsWith('^') ? id.startsWith(text.slice(1)) : id.includes(text),
        )) &&
      (logGroupClass === undefined || doc.class === logGroupClass) &&
      tags.every(({ key, values }) => {
        const value = doc.tags[key!]
        return value !== undefined && (!values?.length || values.includes(value))
      })
    const { items, nextToken } = await pageOf(
      JSON.stringify(['group names', pattern, logGroupClass, tags]),
      after => groupsAfter(context, '', matches, after),
      ({ id }) => [id],
      input,
      LIMITS.perPage,
    )
    const summaries: LogGroupSummary[] = items.map(({ id, doc }) => ({
      logGroupName: id,
      logGroupArn: logGroupArn(context.account, id),
      logGroupClass: doc.class,
    }))
    return { logGroups: summaries, nextToken }
  },

  async PutRetentionPolicy(input, call) {
    const { logGroupName, retentionInDays } = input
    if (!RETENTION_DAYS.includes(retentionInDays)) {
      throw invalid(
        `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`,
      )
    }
    await changeGroup(contextOf(call), logGroupName, group => ({ ...group, retentionInDays }))
    return {}
  },

  async DeleteRetentionPolicy(input, call) {
    await changeGroup(contextOf(call), input.logGroupName, ({ retentionInDays: _, ...group }) => group)
    return {}
  },
} satisfies LogsHandlers

/** Groups whose names begin with `prefix`, in the order of names, after a name. */
async function* groupsAfter(
  { records }: Context,
  prefix: string,
  matches: (group: Stored<LogGroupRecord>) => boolean,
  after: string | undefined,
): AsyncGenerator<Stored<LogGroupRecord>> {
  for await (const group of records.each(logGroups, '', {
    after: after ?? justBefore(prefix),
    batch: BATCH,
  })) {
    if (group.id > prefix && !group.id.startsWith(prefix)) return
    if (group.id.startsWith(prefix) && matches(group)) yield group
  }
}

/** A text after which everything that begins with `prefix` comes, and little else. Names of groups are ASCII. */
function justBefore(prefix: string): string | undefined {
  if (prefix === '') return undefined
  const last = prefix.length - 1
  return `${prefix.slice(0, last)}${String.fromCharCode(prefix.charCodeAt(last) - 1)}~`
}

async function describeGroup(
  { platform, account }: Context,
  { id, doc }: Stored<LogGroupRecord>,
): Promise<LogGroup> {
  const arn = logGroupArn(account, id)
  const { env } = platform
  const objects = await objectsOf(env, account, id)
  const sizes = await Promise.all(objects.map(name => env.LOG_STORE.getByName(name).storedBytes()))
  return {
    logGroupName: id,
    creationTime: doc.created,
    retentionInDays: doc.retentionInDays,
    metricFilterCount: doc.metricFilters?.length ?? 0,
    arn: `${arn}:*`,
    storedBytes: sizes.reduce((sum, size) => sum + size, 0),
    logGroupClass: doc.class,
    logGroupArn: arn,
    deletionProtectionEnabled: doc.isProtected ?? false,
  }
}
