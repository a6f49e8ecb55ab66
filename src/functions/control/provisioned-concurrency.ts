import { modify } from '../../records/modify.ts'
import type { Records } from '../../records/records.ts'
import { manifestKey } from '../manifest.ts'
import { type AliasRecord, aliases, type FunctionRecord, functions } from './function-records.ts'
import { isVersion } from './function-reference.ts'

/** What `PutProvisionedConcurrencyConfig` set for one alias or version of a function. */
export interface ProvisionedConcurrency {
  readonly requested: number
  readonly status: 'IN_PROGRESS' | 'READY' | 'FAILED'
  readonly reason?: string
  /** `2026-11-22T20:48:00+0000` */
  readonly lastModified: string
  /** Versions that are loaded for it, with their shares of the calls: see {@link targetOf}. */
  readonly target: string
  /** When loading began, milliseconds since the epoch. */
  readonly startedAt: number
}

/** Loads so many isolates of a version. */
export type Warm = (manifestKey: string, isolates: number) => Promise<void>

/** A load that was begun so long ago was lost with the isolate that did it. */
const LOST_AFTER_MS = 120_000

export interface Warming {
  readonly records: Records
  readonly warm: Warm
  readonly now: () => number
}

/** Text that is equal exactly while the same versions have to be loaded: `3`, or `3 4:0.05`. */
function targetOf(qualifier: string, alias: AliasRecord | undefined): string {
  if (!alias) return qualifier
  return [
    alias.version,
    ...Object.entries(alias.weights).map(([version, share]) => `${version}:${share}`),
  ].join(' ')
}

/** How many isolates of which version: a share of the calls needs that share of the isolates. */
function plan(target: string, requested: number): { version: string; isolates: number }[] {
  const [main, ...others] = target.split(' ')
  const parts = others.map(text => {
    const [version, share] = text.split(':')
    return { version: version!, isolates: Math.ceil(requested * Number(share)) }
  })
  const left = requested - parts.reduce((sum, { isolates }) => sum + isolates, 0)
  return [{ version: main!, isolates: Math.max(1, left) }, ...parts]
}

/**
 * Loads what a function's configurations ask for and is not loaded yet: after a configuration was put, and after
 * its alias was moved. To be called when the function was published. Never rejects.
 */
export async function warmProvisioned(warming: Warming, name: string): Promise<void> {
  try {
    for (const qualifier of await startWarming(warming, name)) await warmOne(warming, name, qualifier)
  } catch (error) {
    console.warn(`what ${name} has provisioned is not loaded yet`, error)
  }
}

/** Marks what has to be loaded as being loaded; nobody else begins it then. */
function startWarming({ records, now }: Warming, name: string): Promise<string[]> {
  return modify(async () => {
    const found = await records.get(functions, '', name)
    const provisioned = found?.doc.provisioned ?? {}
    if (!found || Object.keys(provisioned).length === 0) return []
    const started: Record<string, ProvisionedConcurrency> = {}
    for (const [qualifier, config] of Object.entries(provisioned)) {
      const alias = isVersion(qualifier) ? undefined : await records.get(aliases, name, qualifier)
      if (!alias && !isVersion(qualifier)) continue
      const target = targetOf(qualifier, alias?.doc)
      const isLost = config.status === 'IN_PROGRESS' && now() - config.startedAt > LOST_AFTER_MS
      if (config.target === target && !isLost) continue
      started[qualifier] = { ...config, target, status: 'IN_PROGRESS', reason: undefined, startedAt: now() }
    }
    if (Object.keys(started).length === 0) return []
    const doc: FunctionRecord = { ...found.doc, provisioned: { ...provisioned, ...started } }
    await records.change().replace(functions, found, doc).commit()
    return Object.keys(started)
  })
}

async function warmOne({ records, warm }: Warming, name: string, qualifier: string): Promise<void> {
  const found = await records.get(functions, '', name)
  const config = found?.doc.provisioned?.[qualifier]
  if (!found || !config) return
  let reason: string | undefined
  try {
    for (const { version, isolates } of plan(config.target, config.requested))
      await warm(manifestKey(found.doc.uid, version), isolates)
  } catch (error) {
    reason = `The version could not be loaded: ${error instanceof Error ? error.message : String(error)}`
  }
  await modify(async () => {
    const current = await records.get(functions, '', name)
    const now = current?.doc.provisioned?.[qualifier]
    // Somebody has put another one meanwhile, or moved the alias on.
    if (!current || now?.startedAt !== config.startedAt || now.target !== config.target) return
    const done: ProvisionedConcurrency = { ...now, status: reason === undefined ? 'READY' : 'FAILED', reason }
    const doc = { ...current.doc, provisioned: { ...current.doc.provisioned, [qualifier]: done } }
    await records.change().replace(functions, current, doc).commit()
  })
}

/** A function's record without what an alias or version that is being deleted has provisioned. */
export function withoutProvisioned(record: FunctionRecord, qualifier: string): FunctionRecord {
  if (record.provisioned?.[qualifier] === undefined) return record
  const { [qualifier]: _, ...provisioned } = record.provisioned
  return { ...record, provisioned }
}
