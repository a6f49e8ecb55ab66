import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import {
  LOG_GROUP_PUBLICATION,
  type LogGroupRecord,
  logGroupArn,
  logGroupOfArn,
  logGroups,
} from '../../../observability/logs/log-groups.ts'
import type { Platform } from '../../../platform.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Stored } from '../../../records/records.ts'
import type { AccountContext as Context } from '../../account-context.ts'
import type { Handlers } from '../../wire/service.ts'
import { aborted, invalid, noSuchGroup } from './refusals.ts'

export type LogsHandlers = Handlers<CloudWatchLogs, Platform>

export { type AccountContext as Context, accountContext as contextOf } from '../../account-context.ts'

/** A group by name; refuses when there is none. */
export async function findGroup({ records }: Context, name: string): Promise<Stored<LogGroupRecord>> {
  const found = await records.get(logGroups, '', name)
  if (!found) throw noSuchGroup()
  return found
}

interface NamesGroup {
  readonly logGroupName?: string
  readonly logGroupIdentifier?: string
}

/** The name of the one group that an operation is about. */
export function groupNameOf(context: Context, { logGroupName, logGroupIdentifier }: NamesGroup): string {
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw invalid('LogGroup name and LogGroup identifier are mutually exclusive parameters.')
  }
  const named = logGroupName ?? logGroupIdentifier
  if (named === undefined) throw invalid('Either LogGroup name or LogGroup identifier must be provided.')
  return logGroupName ?? identifiedGroup(context, named)
}

/** The name of the group of a name or an ARN. */
export function identifiedGroup({ account }: Context, identifier: string): string {
  if (!identifier.startsWith('arn:')) return identifier
  const named = logGroupOfArn(identifier)
  if (!named) throw invalid(`The ARN ${identifier} is not that of a log group.`)
  if (named.account.id !== account.id || named.account.region !== account.region) throw noSuchGroup()
  return named.group
}

/** The group of a resource's ARN, which has no `:*` at its end. */
export function groupOfResource(context: Context, resourceArn: string): string {
  const named = logGroupOfArn(resourceArn)
  // As policies name it, or one could name what they forbid in another spelling.
  if (!named || resourceArn !== logGroupArn(named.account, named.group)) {
    throw invalid(`The resource ARN ${resourceArn} is not that of a log group.`)
  }
  return identifiedGroup(context, resourceArn)
}

/** A change of one group's record: what `edit` answers holds from now on, in the group's objects, too. */
export async function changeGroup(
  context: Context,
  name: string,
  edit: (group: LogGroupRecord) => LogGroupRecord | Promise<LogGroupRecord>,
): Promise<void> {
  await change(async () => {
    const stored = await findGroup(context, name)
    await context.records
      .change()
      .replace(logGroups, stored, await edit(stored.doc))
      .publish({ kind: LOG_GROUP_PUBLICATION, id: name })
      .commit()
  })
  await publishGroup(context, name)
}

export const publishGroup = ({ platform, account }: Context, name: string): Promise<void> =>
  platform.publications.publish(account, LOG_GROUP_PUBLICATION, name)

/** `work` reads, decides and commits, and is run again when somebody else was faster. */
export const change = <T>(work: () => Promise<T>): Promise<T> =>
  modifyOr(
    () =>
      aborted('A conflicting operation is currently in progress against this resource. Please try again.'),
    work,
  )
