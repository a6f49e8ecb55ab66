import type { Env } from '../../env.ts'
import { writePointer } from '../../pointers/pointer-store.ts'
import type { Publish } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import { tellMeters } from '../concurrency/tell-meters.ts'
import { type AliasTarget, type FunctionPointer, functionPointerName, SHARED_TAG } from '../manifest.ts'
import { versionsOf } from './alias-rules.ts'
import {
  type AliasRecord,
  aliases,
  eventInvokeConfigs,
  type FunctionRecord,
  functions,
  policies,
  policyId,
} from './function-records.ts'
import { pointedManifests, writeVersionManifests } from './write-manifest.ts'

/** Compiles what the data plane must know of a function from the database and hands it to its AliasRouter. */
export const publishFunction =
  (env: Env): Publish =>
  async publication => {
    const account = { id: publication.id, region: publication.region }
    const records = new Records(env.DB, account)
    const name = publication.pointer
    const { found, aliasList, policyList, eventInvokeList } = await readTogether(records, name)
    const store = { objects: env.ALIAS_ROUTER, documents: env.STORE }
    const pointerName = functionPointerName(account, name)
    if (!found) {
      await writePointer(store, pointerName, publication.generation, null)
      return tellMeters(env, pointerName, publication.generation, undefined)
    }
    const { doc } = found
    await writeVersionManifests(env.STORE, records, account, name, doc)
    const aliased = aliasList.flatMap(({ doc }) => versionsOf(doc))
    const pointed = await pointedManifests(records, account, name, doc, aliased)
    const pointer: FunctionPointer = {
      schema: 1,
      account,
      name,
      uid: doc.uid,
      ...pointed,
      newest: doc.newest,
      deleted: doc.deleted,
      aliases: Object.fromEntries(aliasList.map(alias => [alias.id, compileAlias(alias.doc)])),
      eventInvoke:
        eventInvokeList.length === 0
          ? undefined
          : Object.fromEntries(
              eventInvokeList.map(({ id, doc: { lastModified: _, ...settings } }) => [id, settings]),
            ),
      recursiveLoop: doc.recursiveLoop,
      shared: doc.tags[SHARED_TAG] === 'true' || undefined,
      reservedConcurrency: reservedConcurrencyOf(doc, publication.generation),
      policies: Object.fromEntries(
        policyList.map(policy => [policy.id === policyId(undefined) ? '' : policy.id, policy.doc.statements]),
      ),
    }
    await writePointer(store, pointerName, publication.generation, pointer)
    const { uid, reservedConcurrency: limit } = doc
    if (limit !== undefined) await tellMeters(env, pointerName, publication.generation, { uid, limit })
  }

/**
 * While an alias is shifted, its own version is the old one, to its end: so those who are told that the deployment goes
 * back know where to, before they are told what the alias is then.
 */
function compileAlias({ version, weights, shift }: AliasRecord): AliasTarget {
  if (!shift) return { version, weights: Object.keys(weights).length > 0 ? weights : undefined }
  const share = version === shift.to ? 1 : (weights[shift.to] ?? 0)
  return { version: shift.from, weights: share > 0 ? { [shift.to]: share } : undefined, shift }
}

const reservedConcurrencyOf = ({ reservedConcurrency, uid }: FunctionRecord, generation: number) =>
  reservedConcurrency === undefined || reservedConcurrency === null
    ? undefined
    : { limit: reservedConcurrency, generation, uid }

/**
 * A function with all that hangs on it, from one moment: whatever moves an alias or deletes a version also changes
 * the function's record, so an alias is never read together with a function that lacks its version.
 */
async function readTogether(records: Records, name: string) {
  let before = await records.get(functions, '', name)
  for (;;) {
    const [aliasList, policyList, eventInvokeList] = await Promise.all([
      records.all(aliases, name),
      records.all(policies, name),
      records.all(eventInvokeConfigs, name),
    ])
    const found = await records.get(functions, '', name)
    if (found?.revision === before?.revision && found?.doc.uid === before?.doc.uid) {
      return { found, aliasList, policyList, eventInvokeList }
    }
    before = found
  }
}
