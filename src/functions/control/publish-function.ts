import type { Env } from '../../env.ts'
import { writePointer } from '../../pointers/pointer-store.ts'
import type { Publish } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import { type FunctionPointer, functionPointerName, manifestKey } from '../manifest.ts'
import { aliases, functions, policies } from './function-records.ts'

/** Compiles what the data plane must know of a function from the database and hands it to its AliasRouter. */
export const publishFunction =
  (env: Env): Publish =>
  async publication => {
    const account = { id: publication.id, region: publication.region }
    const records = new Records(env.DB, account)
    const name = publication.pointer
    const [found, aliasList, policyList] = await Promise.all([
      records.get(functions, '', name),
      records.all(aliases, name),
      records.all(policies, name),
    ])
    const store = { objects: env.ALIAS_ROUTER, documents: env.STORE }
    const pointerName = functionPointerName(account, name)
    if (!found) return writePointer(store, pointerName, publication.generation, null)
    const { doc } = found
    const pointer: FunctionPointer = {
      schema: 1,
      account,
      name,
      uid: doc.uid,
      latest: manifestKey(doc.uid, '$LATEST', doc.latest.revisionId),
      newest: doc.newest,
      deleted: doc.deleted,
      aliases: Object.fromEntries(
        aliasList.map(alias => [
          alias.id,
          {
            version: alias.doc.version,
            weights: Object.keys(alias.doc.weights).length > 0 ? alias.doc.weights : undefined,
          },
        ]),
      ),
      policies: Object.fromEntries(
        policyList.map(policy => [policy.id === '$' ? '' : policy.id, policy.doc.statements]),
      ),
    }
    await writePointer(store, pointerName, publication.generation, pointer)
  }
