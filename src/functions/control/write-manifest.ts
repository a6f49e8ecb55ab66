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
): Manifest {
  return {
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
    ...(configuration.tracingMode === 'Active' && { tracing: 'Active' }),
    deadLetterTarget: configuration.deadLetterTarget,
    ...(configuration.logging.format === 'JSON' && {
      logFormat: 'JSON',
      logLevel: configuration.logging.applicationLevel,
      ...(configuration.logging.systemLevel !== 'INFO' && {
        systemLogLevel: configuration.logging.systemLevel,
      }),
    }),
  }
}

/** `$LATEST`'s manifest and its key, which is named by the content: what did not change for calls keeps its isolates. */
async function latestManifest(account: Account, name: string, record: FunctionRecord) {
  const manifest = manifestOf(account, name, record.uid, '$LATEST', record.latest)
  const text = JSON.stringify(manifest)
  return { manifest, text, key: manifestKey(record.uid, '$LATEST', await sha256Hex(text)) }
}

/** Bytes of a pointer's text that manifests may take; the rest of what fits into a reply is for the rest of it. */
const INLINE_MANIFESTS = 32 * 1024

/**
 * The key of `$LATEST`'s manifest, and the manifests that most calls will need: its own and those of the versions that
 * aliases lead to, as many as fit.
 */
export async function pointedManifests(
  records: Records,
  account: Account,
  name: string,
  record: FunctionRecord,
  aliased: Iterable<string>,
): Promise<{ latest: string; manifests: Record<string, Manifest> }> {
  const latest = await latestManifest(account, name, record)
  const manifests: Record<string, Manifest> = {}
  let room = INLINE_MANIFESTS
  const add = (key: string, manifest: Manifest) => {
    room -= JSON.stringify(manifest).length
    if (room >= 0) manifests[key] = manifest
  }
  add(latest.key, latest.manifest)
  for (const version of new Set(aliased)) {
    if (room <= 0) break
    const stored = await records.get(versions, name, versionId(version))
    if (stored)
      add(manifestKey(record.uid, version), manifestOf(account, name, record.uid, version, stored.doc))
  }
  return { latest: latest.key, manifests }
}

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
    const manifest = manifestOf(account, name, record.uid, String(version), stored.doc)
    await store.put(manifestKey(record.uid, String(version)), JSON.stringify(manifest))
  }
}
