import type { Account } from '../../lib/account.ts'
import type { Records, Stored } from '../../records/records.ts'
import {
  type AliasRecord,
  aliases,
  type Configuration,
  type FunctionRecord,
  functions,
  type VersionRecord,
  versionId,
  versions,
} from './function-records.ts'
import type { FunctionReference } from './function-reference.ts'
import { isVersion } from './function-reference.ts'
import { functionNotFound } from './function-refusals.ts'

export async function findFunction(
  records: Records,
  account: Account,
  name: string,
): Promise<Stored<FunctionRecord>> {
  const found = await records.get(functions, '', name)
  if (!found) throw functionNotFound(account, name)
  return found
}

/** A function, and what a qualifier names of it: an alias is not followed. Which of them is missing is told in many words. */
export interface Named {
  readonly owner?: Stored<FunctionRecord>
  readonly version?: Stored<VersionRecord>
  readonly alias?: Stored<AliasRecord>
  /** Everything that was named is there. */
  readonly isWhole: boolean
}

export async function lookUp(
  records: Records,
  { name, qualifier = '$LATEST' }: FunctionReference,
): Promise<Named> {
  const isNumber = isVersion(qualifier)
  const [owner, version, alias] = await Promise.all([
    records.get(functions, '', name),
    isNumber ? records.get(versions, name, versionId(qualifier)) : undefined,
    isNumber || qualifier === '$LATEST' ? undefined : records.get(aliases, name, qualifier),
  ])
  const isThere = qualifier === '$LATEST' || (version ?? alias) !== undefined
  return { owner, version, alias, isWhole: owner !== undefined && isThere }
}

/** A function with the version that a reference selects. */
export interface Selected {
  readonly function: Stored<FunctionRecord>
  /** `$LATEST` or a number. */
  readonly version: string
  readonly configuration: Configuration
}

/** What a qualifier selects: `$LATEST` without one, a version, or the one that an alias sends most of its calls to. */
export async function findVersion(
  records: Records,
  account: Account,
  { name, qualifier }: FunctionReference,
): Promise<Selected> {
  const { owner, version: named, alias } = await lookUp(records, { name, qualifier })
  if (!owner) throw functionNotFound(account, name, qualifier)
  const version = alias ? alias.doc.version : (qualifier ?? '$LATEST')
  if (version === '$LATEST') return { function: owner, version, configuration: owner.doc.latest }
  const stored = alias ? await records.get(versions, name, versionId(version)) : named
  if (!stored) throw functionNotFound(account, name, qualifier)
  return { function: owner, version, configuration: stored.doc }
}
