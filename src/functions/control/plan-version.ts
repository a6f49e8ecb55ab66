import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import type { Records } from '../../records/records.ts'
import { KeyUnusable } from '../key-unusable.ts'
import {
  type Configuration,
  type FunctionRecord,
  type VersionRecord,
  versionId,
  versions,
} from './function-records.ts'
import { type Owner, sameEnvironment } from './seal-environment.ts'

export interface PlannedVersion {
  readonly number: string
  readonly configuration: VersionRecord
  /** The function's record once the version is published; absent when the newest version is `$LATEST` already. */
  readonly record?: FunctionRecord
}

/**
 * Decides what publishing a function's `$LATEST` comes to: the next number, or the newest version when neither code
 * nor configuration changed since it was published. Writes nothing.
 *
 * @param description of the version; `$LATEST`'s if absent. It alone does not make a version a new one.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
 */
export async function planVersion(
  env: Env,
  account: Account,
  records: Records,
  name: string,
  record: FunctionRecord,
  description: string | undefined,
): Promise<PlannedVersion> {
  const { latest, newest, uid } = record
  const owner = { account, name, uid }
  if (newest > 0 && !record.deleted.includes(newest)) {
    const stored = await records.get(versions, name, versionId(newest))
    if (stored && (await isUnchanged(env, owner, stored.doc, latest))) {
      return { number: String(newest), configuration: stored.doc }
    }
  }
  return {
    number: String(newest + 1),
    configuration: {
      ...latest,
      description: description ?? latest.description,
      sourceDescription: latest.description,
      revisionId: crypto.randomUUID(),
    },
    record: {
      ...record,
      newest: newest + 1,
      publishedBytes: record.publishedBytes + latest.codeSize,
      latest: { ...latest, revisionId: crypto.randomUUID() },
    },
  }
}

async function isUnchanged(
  env: Env,
  owner: Owner,
  version: VersionRecord,
  latest: Configuration,
): Promise<boolean> {
  const one = comparable({ ...version, description: version.sourceDescription })
  if (one !== comparable(latest)) return false
  try {
    return await sameEnvironment(env, owner, version.environment, latest.environment)
  } catch (error) {
    // What cannot be compared may have changed.
    if (error instanceof KeyUnusable) return false
    throw error
  }
}

/** All that makes a version what it is, except its variables, which are encrypted differently each time. */
const comparable = (configuration: Configuration): string =>
  JSON.stringify([
    configuration.code,
    configuration.description,
    configuration.runtime,
    configuration.role,
    configuration.handler,
    configuration.timeout,
    configuration.memorySize,
    configuration.architectures,
    configuration.ephemeralStorage,
    configuration.tracingMode,
    configuration.deadLetterTarget ?? '',
    configuration.kmsKeyArn ?? '',
    configuration.layers,
    configuration.logging.format,
    configuration.logging.group,
    configuration.logging.applicationLevel ?? '',
    configuration.logging.systemLevel ?? '',
  ])
