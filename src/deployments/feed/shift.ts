import type { StickyKey } from '../release.ts'

/** What the pointer of an alias or a stage says while a deployment moves its traffic. */
export interface Shift {
  /** Id of the deployment; with a caller's sticky key it decides which version the caller gets. */
  readonly deployment: string
  /** Name of the DeploymentDriver that is told how both versions do. */
  readonly driver: string
  /** What the driver knows the alias or stage by: see `targetId`. */
  readonly target: string
  /** The version, or deployment of an API, that traffic comes from. */
  readonly from: string
  /** The one that it goes to. */
  readonly to: string
  /** Absent: each request is drawn by itself. */
  readonly sticky?: readonly StickyKey[]
  /** Share of requests that the new version gets a copy of, 0 to 1. */
  readonly mirror?: number
  /** Isolates of the new version that whoever calls it loads before. */
  readonly prewarm?: number
}

/**
 * How old pointers with a shift may be served, in milliseconds: the deployment may have to go back, and no request that
 * begins two seconds after that was decided may get the new version; half of that is for writing it down.
 */
const SHIFTED_AGES = { fresh: 400, servable: 1_000 } as const

/** Of a pointer whose aliases or stages these are; undefined where no deployment moves any. */
export const agesOfShifted = (all: readonly Pick<Shifted, 'shift'>[]): typeof SHIFTED_AGES | undefined =>
  all.some(({ shift }) => shift) ? SHIFTED_AGES : undefined

/** By whom the traffic of an alias or a stage is moved. */
export interface Writer {
  /** Id of a deployment. */
  readonly owner: string
  /** Grows with everything that the owner writes: what comes late undoes nothing. Writing the same again is no harm. */
  readonly seq: number
}

/** What the record of an alias or of a stage keeps of deployments. */
export interface Shifted {
  /** While a deployment has it. */
  readonly shift?: Shift
  /** Of the last deployment that had it: what it wrote last. */
  readonly lastWriter?: Writer
}
