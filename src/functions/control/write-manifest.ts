import type { Account } from '../../lib/account.ts'
import { sha256Hex } from '../../lib/hash.ts'
import type { Records } from '../../records/records.ts'
import { type Manifest, manifestKey } from '../manifest.ts'
import { type Configuration, type FunctionRecord, versionId, versions } from './function-records.ts'

function manifestOf(
  account: Account,
  name: string,
  uid: string,
  version: string,
  configuration: Configuration,
): string {
  const manifest: Manifest = {
    schema: 1,
    account: { id: account.id, region: account.region },
    name,
    uid,
    version,
    runtime: configuration.runtime,
    handler: configuration.handler,
    role: configuration.role,
    timeout: configuration.timeout,
    memorySize: configuration.memorySize,
    code: configuration.code,
    layers: configuration.layers.length > 0 ? configuration.layers.map(layer => layer.code) : undefined,
    environment: configuration.environment,
    logGroup: configuration.logging.group,
    deadLetterTarget: configuration.deadLetterTarget,
    ...(configuration.logging.format === 'JSON' && {
      logFormat: 'JSON',
      logLevel: configuration.logging.applicationLevel,
    }),
  }
  return JSON.stringify(manifest)
}

/** `$LATEST`'s manifest and its key, which is named by the content: what did not change for calls keeps its isolates. */
async function latestManifest(account: Account, name: string, record: FunctionRecord) {
  const text = manifestOf(account, name, record.uid, '$LATEST', record.latest)
  return { text, key: manifestKey(record.uid, '$LATEST', await sha256Hex(text)) }
}

export const latestManifestKey = async (
  account: Account,
  name: string,
  record: FunctionRecord,
): Promise<string> => (await latestManifest(account, name, record)).key

/** To be done before the record is committed, so that a pointer never leads to nothing. */
export async function writeLatestManifest(
  store: R2Bucket,
  account: Account,
  name: string,
  record: FunctionRecord,
): Promise<void> {
  const { text, key } = await latestManifest(account, name, record)
  await store.put(key, text)
}

/**
 * Writes the manifests of published versions that have none yet. Done after they were committed, since until then
 * two callers may be about to give the same number to different states of a function; from then on whoever writes a
 * version's manifest writes the same. Lower numbers first: one that is there means that all before it are.
 */
export async function writeVersionManifests(
  store: R2Bucket,
  records: Records,
  account: Account,
  name: string,
  record: FunctionRecord,
): Promise<void> {
  const missing: number[] = []
  for (let version = record.newest; version > 0; version--) {
    if (record.deleted.includes(version)) continue
    if (await store.head(manifestKey(record.uid, String(version)))) break
    missing.unshift(version)
  }
  for (const version of missing) {
    const stored = await records.get(versions, name, versionId(version))
    if (!stored) continue
    const text = manifestOf(account, name, record.uid, String(version), stored.doc)
    await store.put(manifestKey(record.uid, String(version)), text)
  }
}
