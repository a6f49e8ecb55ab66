import type { AlarmConfiguration, AutoRollbackConfiguration } from '@aws-sdk/client-codedeploy'
import type { AppSpec } from '../../../deployments/app-spec.ts'
import { DEFAULT_COMPARISON } from '../../../deployments/app-spec-options.ts'
import { planOf } from '../../../deployments/configurations.ts'
import type { ApplicationRecord, GroupRecord } from '../../../deployments/deployment-records.ts'
import type { AskedFor, Hook, HookName, Release, Revision } from '../../../deployments/deployment-state.ts'
import { lastOfGroup } from '../../../deployments/deployment-table.ts'
import type { ComparisonSettings } from '../../../deployments/release.ts'
import { minuteMsOf } from '../../../env.ts'
import { shortId } from '../../../lib/ids.ts'
import type { Stored } from '../../../records/records.ts'
import type { Context } from './context.ts'
import { readAlarms, readRollBack } from './group-rules.ts'
import { routingOf } from './operations/configurations.ts'

/** What CreateDeployment is asked with, beside what it names. */
interface Asked {
  readonly deploymentConfigName?: string
  readonly description?: string
  readonly autoRollbackConfiguration?: AutoRollbackConfiguration
  readonly overrideAlarmConfiguration?: AlarmConfiguration
  readonly ignoreApplicationStopFailures?: boolean
  readonly updateOutdatedInstancesOnly?: boolean
  readonly fileExistsBehavior?: AskedFor['fileExistsBehavior']
}

/** Settles everything about a deployment that begins now. */
export async function makeRelease(
  context: Context,
  application: Stored<ApplicationRecord>,
  { id: group, doc }: Stored<GroupRecord>,
  { targets, hooks, options: { comparison, ...options } }: AppSpec,
  revision: Revision,
  asked: Asked,
): Promise<Release> {
  const { account, platform, call, now } = context
  const configuration = asked.deploymentConfigName ?? doc.configuration
  const [routing, { succeeded }] = await Promise.all([
    routingOf(context, configuration),
    lastOfGroup(platform.env.DB, account, doc.id),
  ])
  const overriding = asked.overrideAlarmConfiguration && readAlarms(asked.overrideAlarmConfiguration)
  const alarms = overriding ?? doc.alarms
  const ownRollBack = asked.autoRollbackConfiguration && readRollBack(asked.autoRollbackConfiguration)
  const rollBack = ownRollBack ?? doc.rollBack
  const rollBackOn = rollBack?.enabled ? rollBack.events : []
  const isImplied = rollBackOn.includes('DEPLOYMENT_FAILURE') || options.firingAlarms === 'compare'
  const compared: ComparisonSettings | undefined =
    comparison || (isImplied && (comparison === undefined || options.firingAlarms === 'compare'))
      ? comparison || DEFAULT_COMPARISON
      : undefined
  return {
    schema: 1,
    id: newDeploymentId(),
    rollBackId: newDeploymentId(),
    account,
    application: application.id,
    group,
    groupId: doc.id,
    configuration,
    steps: planOf(routing),
    targets,
    hooks: Object.fromEntries(
      Object.entries(hooks).map(([name, called]) => [
        name as HookName,
        { function: called, executionId: crypto.randomUUID() } satisfies Hook,
      ]),
    ),
    alarms: alarms?.enabled
      ? { names: alarms.names, ignorePollFailure: alarms.ignorePollAlarmFailure }
      : { names: [], ignorePollFailure: false },
    rollBackOn,
    ...(doc.ready?.action === 'STOP_DEPLOYMENT' && { readyMinutes: doc.ready.minutes }),
    options,
    ...(compared && { comparison: compared }),
    triggers: doc.triggers,
    role: doc.role,
    minuteMs: minuteMsOf(platform.env),
    created: now,
    by: call.identity.arn,
    ...(asked.description !== undefined && { description: asked.description }),
    asked: {
      revision,
      ...(succeeded && { previousRevision: succeeded.release.asked.revision }),
      ...(rollBack && { rollBack }),
      ...(overriding && { alarms: overriding }),
      ignoreApplicationStopFailures: asked.ignoreApplicationStopFailures,
      updateOutdatedInstancesOnly: asked.updateOutdatedInstancesOnly,
      fileExistsBehavior: asked.fileExistsBehavior,
    },
  }
}

const newDeploymentId = (): string => `d-${shortId(9).toUpperCase()}`
