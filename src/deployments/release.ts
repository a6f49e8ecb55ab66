import type { Account } from '../lib/account.ts'

/** An alias whose calls go over from one version of its function to another. */
export interface AliasSpec {
  readonly type: 'alias'
  readonly function: string
  readonly alias: string
  /** Version that the alias must point at when the deployment begins; absent: whichever it does. */
  readonly current?: string
  readonly target: string
}

/** A stage of a REST API whose requests go over from one deployment of the API to another. */
export interface StageSpec {
  readonly type: 'stage'
  readonly restApi: string
  readonly stage: string
  /** Deployment that the stage must serve when this one begins; absent: whichever it does. */
  readonly current?: string
  readonly target: string
  /** Stage variables that requests of the new one see differently. */
  readonly variables?: Readonly<Record<string, string>>
  /** Whether requests of the new one use the stage's cache. */
  readonly useStageCache?: boolean
}

/** What one deployment moves; it may move several together. */
export type TargetSpec = AliasSpec | StageSpec

/** As operations of CodeDeploy name it: `{function}:{alias}`, `{restApi}:{stage}`. */
export const targetId = (spec: TargetSpec): string =>
  spec.type === 'alias' ? `${spec.function}:${spec.alias}` : `${spec.restApi}:${spec.stage}`

/** How the new version is compared with the old one while both serve. */
export interface ComparisonSettings {
  /** Share of good deployments that are rolled back all the same, over the whole of a deployment: 0.01. */
  readonly falseAlarmRate: number
  readonly metrics: readonly ComparedMetric[]
}

export type ComparedMetric = 'errors' | 'latency'

/** What keeps a caller on its version through a shift; the first that a request has decides. */
export type StickyKey =
  | { readonly by: 'header'; readonly name: string }
  | { readonly by: 'cookie'; readonly name: string }
  /** Whoever signed or was authorized; else the API key. */
  | { readonly by: 'identity' }

export interface MirrorSettings {
  /** Share of requests that the new version is given a copy of, 0 to 1. */
  readonly share: number
  /** Minutes before the first share of real traffic, each of `WEIR_MINUTE_MS`. */
  readonly minutes: number
}

/** What hooks, weights and comparison are for; the `Weir` section of an AppSpec. */
export interface ReleaseOptions {
  readonly sticky?: readonly StickyKey[]
  readonly mirror?: MirrorSettings
  /** Isolates of each new version that are loaded before it gets its first request. */
  readonly prewarm?: number
  /** What becomes of a deployment whose alarms fire already when it begins: CodeDeploy stops it. */
  readonly firingAlarms: 'stop' | 'compare'
}

/** One step of a shift. */
export interface PlanStep {
  /** Of the traffic that the new version gets, 0 to 1; the last step's is 1. */
  readonly share: number
  /** Minutes until the next step, each of `WEIR_MINUTE_MS`; 0 of the last one. */
  readonly minutes: number
}

/** Name of the object that carries a deployment group's deployments through. */
export const driverName = ({ id, region }: Account, group: string): string =>
  `deployments/${id}/${region}/${group}`
