import type { Stored, Writes } from '../../../../records/records.ts'

/** Merging keeps what a definition does not speak of, overwriting removes it. */
export type Mode = 'merge' | 'overwrite'

/** What an API shall have of one kind. */
export interface Wanted<T> {
  /** What tells it from others of its kind: its name, or its place. */
  readonly key: string
  readonly doc: (known: T | undefined) => T
}

export interface PlannedParts<T> {
  readonly writes: Writes<T>
  /** Ids by key, of all that there will be. */
  readonly ids: ReadonlyMap<string, string>
  /** By id. */
  readonly docs: ReadonlyMap<string, T>
}

/** Parts keep their ids, by which others refer to them, when there are parts of the same key. */
export function planParts<T>(
  before: readonly Stored<T>[],
  mode: Mode,
  wanted: readonly Wanted<T>[],
  keyOf: (stored: Stored<T>) => string,
  newId: (key: string) => string,
): PlannedParts<T> {
  const known = new Map(before.map(stored => [keyOf(stored), stored]))
  const create: { id: string; doc: T }[] = []
  const replace: { stored: Stored<T>; doc: T }[] = []
  const touched = new Set<Stored<T>>()
  const ids = new Map<string, string>()
  const docs = new Map<string, T>()
  for (const { key, doc: build } of wanted) {
    const stored = known.get(key)
    const doc = build(stored?.doc)
    const id = stored?.id ?? newId(key)
    ids.set(key, id)
    docs.set(id, doc)
    if (!stored) create.push({ id, doc })
    else if (JSON.stringify(stored.doc) !== JSON.stringify(doc)) {
      replace.push({ stored, doc })
      touched.add(stored)
    }
  }
  const others = before.filter(({ id }) => !docs.has(id))
  if (mode === 'overwrite')
    return {
      writes: { create, replace, remove: others, expect: unchanged(before, touched, others) },
      ids,
      docs,
    }
  for (const stored of others) {
    // Names need not differ, and the one that was wanted is what methods mean.
    if (!ids.has(keyOf(stored))) ids.set(keyOf(stored), stored.id)
    docs.set(stored.id, stored.doc)
  }
  return { writes: { create, replace, expect: unchanged(before, touched, []) }, ids, docs }
}

/** Methods refer to them, so they have to be there still when the change is made. */
const unchanged = <T>(
  before: readonly Stored<T>[],
  touched: ReadonlySet<Stored<T>>,
  removed: readonly Stored<T>[],
): Stored<T>[] => before.filter(stored => !touched.has(stored) && !removed.includes(stored))
