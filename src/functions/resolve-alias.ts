import { type FunctionPointer, manifestKey } from './manifest.ts'

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
 * @param draw a uniform number in [0, 1), one a call: it decides among an alias's weighted versions
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
  const alias = Object.hasOwn(pointer.aliases, qualifier) ? pointer.aliases[qualifier] : undefined
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

function published(pointer: FunctionPointer, version: string): ResolvedVersion | undefined {
  const number = Number(version)
  if (number > pointer.newest || pointer.deleted.includes(number)) return undefined
  return { version, manifest: manifestKey(pointer.uid, version) }
}
