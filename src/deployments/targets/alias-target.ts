import type { Env } from '../../env.ts'
import { missingVersion } from '../../functions/control/alias-rules.ts'
import {
  type AliasRecord,
  aliases,
  FUNCTION_PUBLICATION,
  functions,
} from '../../functions/control/function-records.ts'
import { publishFunction } from '../../functions/control/publish-function.ts'
import type { Account } from '../../lib/account.ts'
import { Publications } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import { type AliasSpec, targetId } from '../release.ts'
import { ownedTarget } from './owned-target.ts'
import type { Target, TargetState } from './target.ts'

/** An alias as a deployment moves it: its weights are the alias's own, as UpdateAlias would set them. */
export function aliasTarget(env: Env, account: Account, spec: AliasSpec): Target {
  const records = new Records(env.DB, account)
  const publications = new Publications(env.DB, { [FUNCTION_PUBLICATION]: publishFunction(env) })
  const { function: name, alias, target: to } = spec
  return ownedTarget<AliasRecord>({
    name: targetId(spec),
    to,

    async load() {
      const [owner, found] = await Promise.all([
        records.get(functions, '', name),
        records.get(aliases, name, alias),
      ])
      if (!owner || !found) return { reason: 'gone', message: `There is no alias ${targetId(spec)}` }
      const isMissing = missingVersion(owner.doc, to, {}) !== undefined
      return {
        doc: found.doc,
        ...(isMissing && { lacking: `Function ${name} has no version ${to}` }),
        replace: doc =>
          records
            .change()
            // Unchanged, but with a new revision: whoever is about to delete a version has to look at the aliases again.
            .replace(functions, owner, owner.doc)
            .replace(aliases, found, { ...doc, revisionId: crypto.randomUUID() })
            .publish({ kind: FUNCTION_PUBLICATION, id: name }),
      }
    },

    read: async () => (await records.get(aliases, name, alias))?.doc,
    publish: () => publications.publish(account, FUNCTION_PUBLICATION, name),
    current: ({ version, shift }) => shift?.from ?? version,
    refuseClaim: doc => refuseClaim(spec, doc),
    begun: doc => doc,
    shared: (doc, share) => splitAt(doc, share),
    settled: doc => splitAt(doc, 1),
    restored: doc => splitAt(doc, 0),
    state: stateOf,
  })
}

function refuseClaim(spec: AliasSpec, { version, weights }: AliasRecord): string | undefined {
  const name = `Alias ${targetId(spec)}`
  if (version === '$LATEST') return `${name} points at $LATEST, and traffic moves between published versions`
  if (spec.current !== undefined && version !== spec.current)
    return `${name} points at version ${version}, not at ${spec.current}`
  if (version === spec.target) return `${name} points at version ${version} already`
  if (Object.keys(weights).length > 0)
    return `${name} divides its calls between two versions: all have to be one's before they are moved`
  return undefined
}

function splitAt(doc: AliasRecord, share: number): AliasRecord {
  const { from, to } = doc.shift!
  if (share >= 1) return { ...doc, version: to, weights: {} }
  return { ...doc, version: from, weights: share > 0 ? { [to]: share } : {} }
}

function stateOf({ version, weights, shift }: AliasRecord): TargetState {
  const [other] = shift && version === shift.to ? [[version, 1] as const] : Object.entries(weights)
  return {
    current: shift?.from ?? version,
    ...(other && { other: { version: other[0], share: other[1] } }),
    ...(shift && { owner: shift.deployment }),
  }
}
