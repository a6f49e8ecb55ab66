import type { Account } from '../lib/account.ts'
import { arn } from '../lib/arn.ts'
import type { Tags } from '../lib/tags.ts'
import { kind } from '../records/records.ts'
import type { TrafficRouting } from './configurations.ts'
import type { AlarmSettings, Revision, RollBackEvent, Trigger } from './deployment-state.ts'

export interface ApplicationRecord {
  /** A UUID; names may change. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly created: number
  readonly tags: Tags
}

export interface RollBackSettings {
  readonly enabled: boolean
  readonly events: readonly RollBackEvent[]
}

/** Whether traffic waits for ContinueDeployment. */
export interface ReadySettings {
  readonly action: 'CONTINUE_DEPLOYMENT' | 'STOP_DEPLOYMENT'
  readonly minutes: number
}

export interface GroupRecord {
  /** A UUID; names may change. */
  readonly id: string
  readonly configuration: string
  readonly role: string
  readonly triggers: readonly Trigger[]
  readonly alarms?: AlarmSettings
  readonly rollBack?: RollBackSettings
  readonly ready?: ReadySettings
  readonly outdatedInstances?: 'UPDATE' | 'IGNORE'
  readonly terminationHook?: boolean
  readonly tags: Tags
}

export interface ConfigurationRecord {
  readonly id: string
  readonly created: number
  readonly routing: TrafficRouting
}

export interface RevisionRecord extends Revision {
  readonly description?: string
  readonly registered: number
  readonly firstUsed?: number
  readonly lastUsed?: number
  /** Names of groups that it was deployed to. */
  readonly groups: readonly string[]
}

/** Id: the name. */
export const applications = kind<ApplicationRecord>('codedeploy.application')

/** Parent: the application's id. Id: the name. */
export const deploymentGroups = kind<GroupRecord>('codedeploy.deployment-group')

/** Id: the name. */
export const deploymentConfigurations = kind<ConfigurationRecord>('codedeploy.deployment-config')

/** Parent: the application's id. Id: {@link revisionId}. */
export const revisions = kind<RevisionRecord>('codedeploy.revision')

export const revisionId = ({ type, sha256 }: Pick<Revision, 'type' | 'sha256'>): string => `${type}/${sha256}`

export const applicationArn = (account: Account, name: string): string =>
  arn('codedeploy', account, `application:${name}`)

export const groupArn = (account: Account, application: string, name: string): string =>
  arn('codedeploy', account, `deploymentgroup:${application}/${name}`)

export const configurationArn = (account: Account, name: string): string =>
  arn('codedeploy', account, `deploymentconfig:${name}`)
