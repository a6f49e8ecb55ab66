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
import { modify } from '../../records/modify.ts'
import { Publications } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import type { Writer } from '../feed/shift.ts'
import { type AliasSpec, targetId } from '../release.ts'
import { admitWrite } from './admit-write.ts'
import type { Claim, NotMoved, Target, TargetState } from './target.ts'

/** An alias as a deployment moves it: its weights are the alias's own, as UpdateAlias would set them. */
export function aliasTarget(env: Env, account: Account, spec: AliasSpec): Target {
  const records = new Records(env.DB, account)
  const publications = new Publications(env.DB, { [FUNCTION_PUBLICATION]: publishFunction(env) })

  const write = async (
    what: 'claim' | 'move' | 'end',
    writer: Writer,
    changed: (alias: AliasRecord) => AliasRecord | Exclude<NotMoved, undefined>,
    isThere: (alias: AliasRecord) => boolean = () => false,
  ): Promise<NotMoved> => {
    const refusal = await modify(async () => {
      const [owner, found] = await Promise.all([
        records.get(functions, '', spec.function),
        records.get(aliases, spec.function, spec.alias),
      ])
      if (!owner || !found) return gone(`there is no alias ${targetId(spec)}`)
      if (missingVersion(owner.doc, spec.target, {}) !== undefined)
        return gone(`function ${spec.function} has no version ${spec.target}`)
      const admitted = admitWrite(found.doc, writer, what, isThere(found.doc))
      if (admitted === 'done') return undefined
      if (admitted !== 'write') return admitted
      const doc = changed(found.doc)
      if ('reason' in doc) return doc
      await records
        .change()
        // Unchanged, but with a new revision: whoever is about to delete a version has to look at the aliases again.
        .replace(functions, owner, owner.doc)
        .replace(aliases, found, {
          ...doc,
          lastWriter: { owner: writer.owner, seq: writer.seq },
          revisionId: crypto.randomUUID(),
        })
        .publish({ kind: FUNCTION_PUBLICATION, id: spec.function })
        .commit()
      return undefined
    })
    // Also what was written before: whoever wrote it may have been cut off here.
    if (!refusal) await publications.publish(account, FUNCTION_PUBLICATION, spec.function)
    return refusal
  }

  return {
    async read() {
      const found = await records.get(aliases, spec.function, spec.alias)
      return found && stateOf(found.doc)
    },

    claim: claim => write('claim', claim, alias => claimed(spec, alias, claim)),

    set: (writer, { share, mirror }) =>
      write('move', writer, ({ shift, ...alias }) => ({
        ...alias,
        ...splitAt(shift!.from, shift!.to, share),
        shift: { ...shift!, mirror: mirror || undefined },
      })),

    settle: writer =>
      write(
        'end',
        writer,
        ({ shift, ...alias }) => ({ ...alias, ...splitAt(shift!.from, shift!.to, 1) }),
        alias => alias.version === spec.target,
      ),

    restore: writer =>
      write(
        'end',
        writer,
        ({ shift, ...alias }) => ({ ...alias, ...splitAt(shift!.from, shift!.to, 0) }),
        alias => alias.version !== spec.target,
      ),
  }
}

const gone = (message: string) => ({ reason: 'gone', message }) as const

const splitAt = (from: string, to: string, share: number): Pick<AliasRecord, 'version' | 'weights'> =>
  share >= 1 ? { version: to, weights: {} } : { version: from, weights: share > 0 ? { [to]: share } : {} }

function claimed(
  spec: AliasSpec,
  alias: AliasRecord,
  { owner, driver, sticky, prewarm }: Claim,
): AliasRecord | Exclude<NotMoved, undefined> {
  const name = targetId(spec)
  const { version, weights, shift } = alias
  const from = shift?.from ?? version
  if (from === '$LATEST')
    return {
      reason: 'moved',
      message: `alias ${name} points at $LATEST, and traffic moves between published versions`,
    }
  if (spec.current !== undefined && from !== spec.current)
    return { reason: 'moved', message: `alias ${name} points at version ${from}, not at ${spec.current}` }
  if (from === spec.target)
    return { reason: 'moved', message: `alias ${name} points at version ${spec.target} already` }
  if (!shift && Object.keys(weights).length > 0)
    return {
      reason: 'moved',
      message: `alias ${name} divides its calls between versions: one of them has to be all`,
    }
  return {
    ...alias,
    shift: {
      deployment: owner,
      driver,
      target: name,
      from,
      to: spec.target,
      ...(sticky && sticky.length > 0 && { sticky }),
      ...(prewarm && { prewarm }),
    },
  }
}

function stateOf({ version, weights, shift }: AliasRecord): TargetState {
  const [other] = Object.entries(weights)
  if (!shift) {
    return { current: version, ...(other && { other: { version: other[0], share: other[1] } }) }
  }
  const share = version === shift.to ? 1 : (weights[shift.to] ?? 0)
  return {
    current: shift.from,
    owner: shift.deployment,
    ...(share > 0 && { other: { version: shift.to, share } }),
  }
}
