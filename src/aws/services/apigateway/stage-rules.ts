import { LIMITS } from './limits.ts'
import { badRequest } from './refusals.ts'

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
