import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  BlueGreenDeploymentConfiguration,
  DeploymentStyle,
  TriggerConfig,
} from '@aws-sdk/client-codedeploy'
import type { ReadySettings, RollBackSettings } from '../../../deployments/deployment-records.ts'
import type { AlarmSettings, Trigger } from '../../../deployments/deployment-state.ts'
import { partsOfArn } from '../../../lib/arn.ts'
import { refuse } from './context.ts'
import { LIMITS } from './limits.ts'

/** https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html */
export function readAlarms(written: AlarmConfiguration): AlarmSettings {
  const names = (written.alarms ?? []).map(({ name }) => name?.trim() ?? '')
  if (names.length > LIMITS.alarms) {
    throw refuse(
      'AlarmsLimitExceeded',
      `The maximum number of alarms for a deployment group is ${LIMITS.alarms}`,
    )
  }
  if (names.some(name => name === '') || new Set(names).size < names.length) {
    throw refuse('InvalidAlarmConfig', 'The alarm configuration is invalid: alarms are named, each once')
  }
  if (written.enabled && names.length === 0) {
    throw refuse('InvalidAlarmConfig', 'The alarm configuration is invalid: it is enabled and has no alarms')
  }
  return {
    enabled: written.enabled ?? false,
    ignorePollAlarmFailure: written.ignorePollAlarmFailure ?? false,
    names,
  }
}

export const describeAlarms = (settings: AlarmSettings): AlarmConfiguration => ({
  enabled: settings.enabled,
  ignorePollAlarmFailure: settings.ignorePollAlarmFailure,
  alarms: settings.names.map(name => ({ name })),
})

export function readRollBack({ enabled = false, events = [] }: AutoRollbackConfiguration): RollBackSettings {
  if (enabled && events.length === 0) {
    throw refuse(
      'InvalidAutoRollbackConfig',
      'The automatic rollback configuration is enabled and has no events',
    )
  }
  return { enabled, events: [...new Set(events)] }
}

export const describeRollBack = ({ enabled, events }: RollBackSettings): AutoRollbackConfiguration => ({
  enabled,
  events: [...events],
})

export function readTriggers(written: readonly TriggerConfig[]): Trigger[] {
  if (written.length > LIMITS.triggers) {
    throw refuse('TriggerTargetsLimitExceeded', `A deployment group has at most ${LIMITS.triggers} triggers`)
  }
  const triggers = written.map(({ triggerName = '', triggerTargetArn = '', triggerEvents = [] }) => {
    const { service, account } = partsOfArn(triggerTargetArn)
    if (triggerName === '' || triggerEvents.length === 0) throw invalidTrigger('it has no name or no events')
    if (service !== 'sns' || account === '') throw invalidTrigger(`${triggerTargetArn} is not a topic's ARN`)
    return { name: triggerName, topic: triggerTargetArn, events: triggerEvents }
  })
  if (new Set(triggers.map(({ name }) => name)).size < triggers.length) {
    throw invalidTrigger('two have the same name')
  }
  return triggers
}

const invalidTrigger = (what: string) => refuse('InvalidTriggerConfig', `The trigger is invalid: ${what}`)

export const describeTriggers = (triggers: readonly Trigger[]): TriggerConfig[] =>
  triggers.map(({ name, topic, events }) => ({
    triggerName: name,
    triggerTargetArn: topic,
    triggerEvents: events as TriggerConfig['triggerEvents'],
  }))

/** Functions are deployed in this style alone. */
export const STYLE = {
  deploymentType: 'BLUE_GREEN',
  deploymentOption: 'WITH_TRAFFIC_CONTROL',
} as const satisfies DeploymentStyle

export function checkStyle({ deploymentType, deploymentOption }: DeploymentStyle = STYLE): void {
  if (deploymentType !== STYLE.deploymentType || deploymentOption !== STYLE.deploymentOption) {
    throw refuse(
      'InvalidDeploymentStyle',
      `For AWS Lambda deployment groups the deployment type must be ${STYLE.deploymentType} and the deployment option ${STYLE.deploymentOption}`,
    )
  }
}

/** Of a group's blue/green settings, the wait before traffic is what functions have; instances they have none. */
export function readReady(written: BlueGreenDeploymentConfiguration): ReadySettings | undefined {
  if (written.greenFleetProvisioningOption || written.terminateBlueInstancesOnDeploymentSuccess) {
    throw invalidBlueGreen('functions have no instances that could be provisioned or terminated')
  }
  const { actionOnTimeout, waitTimeInMinutes = 0 } = written.deploymentReadyOption ?? {}
  if (actionOnTimeout === undefined) return undefined
  if (actionOnTimeout === 'STOP_DEPLOYMENT' && waitTimeInMinutes < 1) {
    throw invalidBlueGreen('STOP_DEPLOYMENT takes a wait time of a minute at least')
  }
  if (waitTimeInMinutes > LIMITS.interval) {
    throw invalidBlueGreen(`the wait time is at most ${LIMITS.interval} minutes`)
  }
  return { action: actionOnTimeout, minutes: waitTimeInMinutes }
}

const invalidBlueGreen = (what: string) =>
  refuse('InvalidBlueGreenDeploymentConfiguration', `The blue/green configuration is invalid: ${what}`)

export const describeReady = ({ action, minutes }: ReadySettings): BlueGreenDeploymentConfiguration => ({
  deploymentReadyOption: { actionOnTimeout: action, waitTimeInMinutes: minutes },
})
