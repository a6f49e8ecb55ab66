import type { Shift } from '../deployments/feed/shift.ts'
import { type AliasTarget, type FunctionPointer, manifestKey } from './manifest.ts'

export interface ResolvedVersion {
  /** `$LATEST` or a number: what runs. */
  readonly version: string
  /** Store key of its manifest. */
  readonly manifest: string
}

const NUMBER = /^[1-9][0-9]*$/

/**
 * Which version a call of `qualifier` runs.
 *
 * @param draw a uniform number in [0, 1), one a call: it decides among an alias's weighted versions; 1 is the alias's own
 * @returns undefined when the qualifier names nothing
 */
export function resolveAlias(
  pointer: FunctionPointer,
  qualifier: string | undefined,
  draw: number,
): ResolvedVersion | undefined {
  if (qualifier === undefined || qualifier === '$LATEST')
    return { version: '$LATEST', manifest: pointer.latest }
  if (NUMBER.test(qualifier)) return published(pointer, qualifier)
  const alias = aliasOf(pointer, qualifier)
  if (!alias) return undefined
  let rest = draw
  for (const [version, weight] of Object.entries(alias.weights ?? {})) {
    if (rest < weight) return published(pointer, version)
    rest -= weight
  }
  return alias.version === '$LATEST'
    ? { version: '$LATEST', manifest: pointer.latest }
    : published(pointer, alias.version)
}

/** The deployment that moves the alias's calls; undefined, too, for what is no alias. */
export const shiftOf = (pointer: FunctionPointer, qualifier: string | undefined): Shift | undefined =>
  qualifier === undefined ? undefined : aliasOf(pointer, qualifier)?.shift

const aliasOf = ({ aliases }: FunctionPointer, name: string): AliasTarget | undefined =>
  Object.hasOwn(aliases, name) ? aliases[name] : undefined

function published(pointer: FunctionPointer, version: string): ResolvedVersion | undefined {
  const number = Number(version)
  if (number > pointer.newest || pointer.deleted.includes(number)) return undefined
  return { version, manifest: manifestKey(pointer.uid, version) }
}
