import { objectMark } from '../lib/object-marks.ts'
import {
  assertKeyRecord,
  isNewer,
  type KeyRecord,
  keyMeterName,
  keyRecordPath,
  parseKeyRecord,
} from './key-record.ts'

export interface KeyRecordTargets {
  readonly store: R2Bucket
  /** The namespace of the KeyMeter objects. */
  readonly meters: {
    getByName(name: string): { configure(record: KeyRecord): Promise<unknown> }
  }
}

/** Custom metadata of a record's document: lets `head` tell a deleted key from a live one. */
interface RecordMetadata extends Record<string, string> {
  readonly deleted: 'true' | 'false'
}

/** Two writers that keep overtaking each other: each try is one of them getting through. */
const MOST_TRIES = 20

/**
 * Makes a key's record known to the data plane; when it returns, every later lease is decided by this record or a
 * newer one. May be repeated and reordered freely. A key is deleted by publishing its record with `deleted: true`.
 *
 * The key's object is not created for it. Its first caller does that, and the two never miss each other: here the
 * record is written BEFORE the mark is read, there the mark is written BEFORE the record is read. R2 is strongly
 * consistent, so either the object reads this record, or its mark was written before and is seen here.
 *
 * @param valueHash SHA-256 of the key's value, lower-case hexadecimal.
 * @throws when the store or a born object cannot be reached; then publish again.
 */
export async function publishKeyRecord(
  { store, meters }: KeyRecordTargets,
  record: KeyRecord,
  valueHash: string,
): Promise<void> {
  assertKeyRecord(record)
  const name = keyMeterName(record.account, record.region, valueHash)
  const newest = await putUnlessOlder(store, keyRecordPath(name), record)
  if (await store.head(objectMark(name))) await meters.getByName(name).configure(newest)
}

/** Whether requests with this key may find it: a look-up for a name that an isolate does not serve yet. */
export async function keyRecordExists(store: R2Bucket, name: string): Promise<boolean> {
  const found = await store.head(keyRecordPath(name))
  return found !== null && (found.customMetadata as RecordMetadata | undefined)?.deleted !== 'true'
}

/** The record that the control plane has published under this name, if any. */
export async function readKeyRecord(store: R2Bucket, name: string): Promise<KeyRecord | undefined> {
  const found = await store.get(keyRecordPath(name))
  return found ? parseKeyRecord(await found.text()) : undefined
}

/** Writes the record unless a newer one is there already; returns the one that is there afterwards. */
async function putUnlessOlder(store: R2Bucket, path: string, record: KeyRecord): Promise<KeyRecord> {
  const customMetadata: RecordMetadata = { deleted: record.deleted ? 'true' : 'false' }
  const body = JSON.stringify(record)
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await store.get(path)
    if (found) {
      const there = parseKeyRecord(await found.text())
      if (!isNewer(record, there)) return there
    }
    const onlyIf = found ? { etagMatches: found.etag } : { etagDoesNotMatch: '*' }
    if (await store.put(path, body, { onlyIf, customMetadata })) return record
  }
  throw new Error(`${path} kept changing while it was written`)
}
