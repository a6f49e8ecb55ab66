import type { StageRecord } from '../../../gateway/control/rest-api-records.ts'
import { formatProblem } from '../../../gateway/logs/access-log-format.ts'
import { isLogDestination } from '../../../gateway/logs/log-destination.ts'
import { LIMITS } from './limits.ts'
import { badRequest, checkOption, conflict } from './refusals.ts'

const STAGE_NAME = /^[a-zA-Z0-9_-]+$/
const VARIABLE_NAME = /^\w+$/
const VARIABLE_VALUE = /^[A-Za-z0-9 ._~:/?#&=,-]+$/

export function checkStageName(name: string): void {
  if (name.length > LIMITS.stageName) {
    throw badRequest(`Stage name can be at most ${LIMITS.stageName} characters long`)
  }
  if (!STAGE_NAME.test(name)) throw badRequest('Stage name only allows a-zA-Z0-9_-')
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html */
export function checkVariables(variables: Readonly<Record<string, string>> | undefined): void {
  const entries = Object.entries(variables ?? {})
  if (entries.length > LIMITS.stageVariables) {
    throw badRequest(
      `Maximum number of stage variables for this stage has been reached: ${LIMITS.stageVariables}`,
    )
  }
  for (const [name, value] of entries) {
    if (!VARIABLE_NAME.test(name)) {
      throw badRequest(`Invalid stage variable name: ${name}.  Please use names with only word characters.`)
    }
    if (name.length > LIMITS.stageVariableName) {
      throw badRequest(
        `Stage variable names can be at most ${LIMITS.stageVariableName} characters long: ${name}`,
      )
    }
    if (!VARIABLE_VALUE.test(value)) {
      throw badRequest(
        `Invalid stage variable value: ${value}.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.`,
      )
    }
    if (value.length > LIMITS.stageVariableValue) {
      throw badRequest(
        `Stage variable values can be at most ${LIMITS.stageVariableValue} characters long: ${name}`,
      )
    }
  }
}

/** GB that a cache of API Gateway's may have. */
const CACHE_SIZES = ['0.5', '1.6', '6.1', '13.5', '28.4', '58.2', '118', '237']

export const SMALLEST_CACHE = CACHE_SIZES[0]!

function checkPercentTraffic(percent: number | undefined): void {
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) {
    throw badRequest('Invalid percentTraffic specified. Must be between 0.0 and 100.0')
  }
}

/** Whether a change of a stage moves any requests from one deployment to another. */
export const servesElse = (before: StageRecord, after: StageRecord): boolean =>
  before.deploymentId !== after.deploymentId ||
  JSON.stringify(before.canarySettings) !== JSON.stringify(after.canarySettings)

/** A stage whose requests a deployment of CodeDeploy moves is that one's: it would be moved back with the next step. */
export function refuseWhileShifted({ shift }: StageRecord): void {
  if (!shift) return
  throw conflict(
    `Deployment ${shift.deployment} is shifting the traffic of this stage. Stop it first: aws deploy stop-deployment --deployment-id ${shift.deployment}`,
  )
}

/** What has to hold of a stage as a whole, however it came to be so. */
export function checkStage(stage: StageRecord): void {
  checkVariables(stage.variables)
  const { cacheClusterSize } = stage
  if (cacheClusterSize !== undefined) checkOption('cacheClusterSize', cacheClusterSize, CACHE_SIZES)
  const { canarySettings, accessLogSettings } = stage
  if (canarySettings) {
    checkPercentTraffic(canarySettings.percentTraffic)
    checkVariables({ ...stage.variables, ...canarySettings.stageVariableOverrides })
  }
  if (accessLogSettings) checkAccessLog(accessLogSettings)
}

/**
 * The format alone may be set first: settings come one patch at a time.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
function checkAccessLog({ destinationArn, format }: NonNullable<StageRecord['accessLogSettings']>): void {
  if (destinationArn !== undefined && !isLogDestination(destinationArn)) {
    throw badRequest(
      `Invalid ARN specified in the request. ARN '${destinationArn}' must be of a CloudWatch Logs log group or of a Data Firehose stream whose name begins with amazon-apigateway-`,
    )
  }
  const problem = format === undefined ? undefined : formatProblem(format)
  if (problem) throw badRequest(problem)
}
