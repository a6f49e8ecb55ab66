import {
  type Configuration,
  type FunctionRecord,
  functions,
  versionId,
  versions,
} from '../../../functions/control/function-records.ts'
import type { Records, Stored } from '../../../records/records.ts'

interface FoundVersion {
  readonly name: string
  readonly uid: string
  readonly version: string
  readonly configuration: Configuration
}

/**
 * Every version of every function of an account, function by function, `$LATEST` first.
 *
 * @param batch rows of one read
 * @param name with `version`: where to go on, after what was the last one before
 */
export async function* everyVersion(
  records: Records,
  batch: number,
  name?: string,
  version?: string,
): AsyncGenerator<FoundVersion> {
  const begun = name === undefined ? undefined : await records.get(functions, '', name)
  if (begun) yield* versionsOf(records, batch, begun, version)
  for await (const found of records.each(functions, '', { after: name, batch })) {
    yield* versionsOf(records, batch, found)
  }
}

/** The versions of a function, `$LATEST` first. `last`: what was the last one before. */
export async function* versionsOf(
  records: Records,
  batch: number,
  { id: name, doc: { uid, latest, newest, deleted } }: Stored<FunctionRecord>,
  last?: string,
): AsyncGenerator<FoundVersion> {
  if (last === undefined) yield { name, uid, version: '$LATEST', configuration: latest }
  if (newest === deleted.length) return
  const after = last === undefined || last === '$LATEST' ? last : versionId(last)
  for await (const { id, doc } of records.each(versions, name, { after, batch })) {
    yield { name, uid, version: String(Number(id)), configuration: doc }
  }
}
