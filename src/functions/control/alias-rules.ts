import type { AliasRecord, FunctionRecord } from './function-records.ts'
import { conflict, invalidParameter } from './function-refusals.ts'

/**
 * The rules of an alias's weights that the model does not state: one further version at most, of published versions
 * only, and not the alias's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
 */
export function checkRouting(version: string, weights: Readonly<Record<string, number>>): void {
  const further = Object.keys(weights)
  if (further.length > 1) {
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1')
  }
  if (further.length > 0 && version === '$LATEST') {
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version')
  }
  if (further.some(other => Number(other) === Number(version))) {
    throw invalidParameter(
      `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
    )
  }
}

/** All versions that an alias leads to, or will while a deployment moves its calls. */
export const versionsOf = ({ version, weights, shift }: AliasRecord): string[] => [
  ...new Set([version, ...Object.keys(weights), ...(shift ? [shift.from, shift.to] : [])]),
]

/** Whether a change of an alias moves any calls. */
export const leadsElsewhere = (before: AliasRecord, after: AliasRecord): boolean =>
  before.version !== after.version || JSON.stringify(before.weights) !== JSON.stringify(after.weights)

/**
 * An alias whose calls a deployment moves is that deployment's: it would be moved back with the next step. What else
 * there is to be said of it may be changed.
 */
export function refuseWhileShifted({ shift }: AliasRecord): void {
  if (!shift) return
  throw conflict(
    `The operation cannot be performed at this time. Deployment ${shift.deployment} is shifting the traffic of this alias. Stop it first: aws deploy stop-deployment --deployment-id ${shift.deployment}`,
  )
}

/** The first of an alias's versions that the function does not have. */
export function missingVersion(
  record: FunctionRecord,
  version: string,
  weights: Readonly<Record<string, number>>,
): string | undefined {
  return [version, ...Object.keys(weights)].find(
    wanted => wanted !== '$LATEST' && !hasVersion(record, wanted),
  )
}

function hasVersion({ newest, deleted }: FunctionRecord, version: string): boolean {
  const number = Number(version)
  return /^[1-9][0-9]*$/.test(version) && number <= newest && !deleted.includes(number)
}
