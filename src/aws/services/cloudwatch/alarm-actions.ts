import { functionOfArn, partsOfArn } from '../../../lib/arn.ts'
import type { CommonDefinition } from '../../../observability/alarms/alarm.ts'
import { validationError } from './refusals.ts'

interface Given {
  readonly AlarmName: string
  readonly AlarmDescription?: string
  readonly ActionsEnabled?: boolean
  readonly OKActions?: readonly string[]
  readonly AlarmActions?: readonly string[]
  readonly InsufficientDataActions?: readonly string[]
}

/** What both kinds of alarms are given, checked. */
export function commonDefinition(given: Given, region: string): CommonDefinition {
  const { AlarmName, AlarmDescription, ActionsEnabled = true } = given
  const { OKActions = [], AlarmActions = [], InsufficientDataActions = [] } = given
  for (const arn of [...OKActions, ...AlarmActions, ...InsufficientDataActions]) checkAction(arn, region)
  return {
    AlarmName,
    ...(AlarmDescription !== undefined && { AlarmDescription }),
    ActionsEnabled,
    OKActions,
    AlarmActions,
    InsufficientDataActions,
  }
}

function checkAction(arn: string, region: string): void {
  if (functionOfArn(arn)) return
  const { service, region: where, account, resource } = partsOfArn(arn)
  if (!arn.startsWith('arn:') || service === '') throw validationError(`Invalid arn syntax: ${arn}`)
  if (service !== 'sns') {
    throw validationError(
      `An action is the ARN of a topic or of a function: Weir has nothing that ${arn} could act upon`,
    )
  }
  if (where !== region)
    throw validationError(`Invalid region ${where} specified. Only ${region} is supported.`)
  if (!/^\d{12}$/.test(account) || !/^[\w-]{1,256}(?:\.fifo)?$/.test(resource)) {
    throw validationError(`Invalid arn syntax: ${arn}`)
  }
}
