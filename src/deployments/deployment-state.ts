import type { Account } from '../lib/account.ts'
import type { AlarmState } from '../observability/alarms/alarm-state.ts'
import type { ComparisonSettings, PlanStep, ReleaseOptions, TargetSpec } from './release.ts'

/** What a group may roll back on by itself. */
export type RollBackEvent = 'DEPLOYMENT_FAILURE' | 'DEPLOYMENT_STOP_ON_ALARM' | 'DEPLOYMENT_STOP_ON_REQUEST'

/** Of a function's deployment, in their order. */
export const LIFECYCLE_EVENTS = ['BeforeAllowTraffic', 'AllowTraffic', 'AfterAllowTraffic'] as const
export type LifecycleEventName = (typeof LIFECYCLE_EVENTS)[number]
export type HookName = Exclude<LifecycleEventName, 'AllowTraffic'>

export interface Hook {
  /** Name or ARN of a function. */
  readonly function: string
  /** `LifecycleEventHookExecutionId` */
  readonly executionId: string
}

/** Somebody who wants to hear of a group's deployments. */
export interface Trigger {
  readonly name: string
  readonly topic: string
  readonly events: readonly string[]
}

/** Everything that is settled when a deployment is asked for. */
export interface Release {
  readonly schema: 1
  /** `d-ABCDEF123` */
  readonly id: string
  /** What its roll-back will be called, if there is one. */
  readonly rollBackId: string
  readonly account: Account
  readonly application: string
  readonly group: string
  readonly groupId: string
  readonly configuration: string
  readonly steps: readonly PlanStep[]
  readonly targets: readonly TargetSpec[]
  readonly hooks: Readonly<Partial<Record<HookName, Hook>>>
  readonly alarms: { readonly names: readonly string[]; readonly ignorePollFailure: boolean }
  readonly rollBackOn: readonly RollBackEvent[]
  /** Minutes that it waits for ContinueDeployment before any traffic; then it stops. */
  readonly readyMinutes?: number
  readonly options: ReleaseOptions
  /** Absent: versions are not compared. */
  readonly comparison?: ComparisonSettings
  readonly triggers: readonly Trigger[]
  /** Role that CodeDeploy acts in for the group. */
  readonly role: string
  /** Real milliseconds of a minute of plans and waits. */
  readonly minuteMs: number
  /** Epoch milliseconds. */
  readonly created: number
  /** ARN of whoever asked for it. */
  readonly by: string
  readonly description?: string
  /** Why it fails before anything is done: the group's role may not do what has to be done. */
  readonly refused?: DeploymentError
  readonly asked: AskedFor
}

/** The AppSpec of a deployment, as it was handed over. */
export interface Revision {
  readonly type: 'AppSpecContent' | 'String'
  readonly content: string
  /** Hexadecimal. */
  readonly sha256: string
}

/** What was said of a deployment and is only answered again. */
export interface AskedFor {
  readonly revision: Revision
  /** Of the group's last deployment that succeeded. */
  readonly previousRevision?: Revision
  readonly rollBack?: { readonly enabled: boolean; readonly events: readonly RollBackEvent[] }
  /** Alarms instead of the group's. */
  readonly alarms?: AlarmSettings
  readonly ignoreApplicationStopFailures?: boolean
  readonly updateOutdatedInstancesOnly?: boolean
  readonly fileExistsBehavior?: 'DISALLOW' | 'OVERWRITE' | 'RETAIN'
}

/** Alarms that are watched while a group is deployed to. */
export interface AlarmSettings {
  readonly enabled: boolean
  readonly ignorePollAlarmFailure: boolean
  readonly names: readonly string[]
}

export type DeploymentStatus = 'Created' | 'InProgress' | 'Ready' | 'Succeeded' | 'Failed' | 'Stopped'

/**
 * `claiming`: targets become the deployment's own. `leaving`: they are let go of as they are, since nobody wanted a
 * roll-back.
 */
export type Phase =
  | 'claiming'
  | 'before'
  | 'warming'
  | 'ready'
  | 'mirroring'
  | 'shifting'
  | 'after'
  | 'settling'
  | 'rolling-back'
  | 'leaving'
  | 'ended'

/** What has to be done. It is written down before it is begun, and may be done twice. */
export type Effect = { readonly id: number; readonly attempts: number; readonly notBefore?: number } & (
  | { readonly kind: 'claim'; readonly target: number }
  | { readonly kind: 'shift'; readonly target: number; readonly share: number; readonly mirror: number }
  /** The last of a target: what serves from now on, and nobody's any more. */
  | { readonly kind: 'finish'; readonly target: number; readonly keep: 'new' | 'old' | 'as-is' }
  | { readonly kind: 'call-hook'; readonly hook: HookName }
  | { readonly kind: 'watch-alarms' }
  | { readonly kind: 'unwatch-alarms' }
  | { readonly kind: 'notify'; readonly trigger: number; readonly event: string; readonly of: Notice }
)

/** What is told of a deployment at one moment. */
export interface Notice {
  readonly id: string
  readonly status: string
  readonly completed?: number
  readonly error?: DeploymentError
  readonly rollBackOf?: string
}

export interface DeploymentError {
  /** Of CodeDeploy's `ErrorCode`. */
  readonly code: string
  readonly message: string
}

/** An alias or a stage, as its deployment knows it. */
export interface MovedTarget {
  /** What it served before: a version of a function or a deployment of an API. */
  readonly from?: string
  /** Share of the new version as it was last set, and when. */
  readonly share: number
  readonly changed?: number
  readonly isOwned: boolean
}

export interface LifecycleState {
  readonly status: 'Pending' | 'InProgress' | 'Succeeded' | 'Failed' | 'Skipped'
  readonly started?: number
  readonly ended?: number
  readonly message?: string
}

/** One line of what happened: `who` is an ARN, or absent where the deployment itself did it. */
export interface HistoryEntry {
  readonly at: number
  readonly kind: 'status' | 'weight' | 'alarm' | 'hook' | 'comparison' | 'override' | 'trouble'
  readonly text: string
  readonly who?: string
}

export interface DeploymentState {
  readonly release: Release
  readonly status: DeploymentStatus
  readonly phase: Phase
  /** Of the plan; -1 before the first. */
  readonly step: number
  /** When something is to happen although nobody says anything; epoch milliseconds. */
  readonly due?: number
  readonly started?: number
  readonly ended?: number
  /** Grows with everything that is to be done. */
  readonly nextEffect: number
  readonly wanted: readonly Effect[]
  readonly targets: readonly MovedTarget[]
  readonly lifecycle: Readonly<Record<LifecycleEventName, LifecycleState>>
  /** Isolates of new versions that were loaded in advance. */
  readonly warmed: number
  readonly alarms: Readonly<Record<string, AlarmState>>
  /** Alarms that fired before it began, and have not been OK since. */
  readonly overridden: readonly string[]
  readonly history: readonly HistoryEntry[]
  readonly error?: DeploymentError
  readonly rollBack?: {
    readonly started: number
    readonly ended?: number
    readonly status: 'InProgress' | 'Succeeded'
    readonly reason: string
  }
}

/** Phases in which there is no way back any more, or which are the way back. */
const DECIDED: ReadonlySet<Phase> = new Set(['settling', 'rolling-back', 'leaving', 'ended'])

/** Whether it is still open where traffic will go. */
export const isUnderWay = ({ phase }: DeploymentState): boolean => !DECIDED.has(phase)
