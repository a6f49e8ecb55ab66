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
