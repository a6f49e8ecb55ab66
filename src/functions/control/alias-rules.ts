import type { FunctionRecord } from './function-records.ts'
import { invalidParameter } from './function-refusals.ts'

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
