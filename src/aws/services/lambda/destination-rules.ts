import type { DestinationConfig } from '@aws-sdk/client-lambda'
import { findVersion } from '../../../functions/control/find-function.ts'
import type { FunctionReference } from '../../../functions/control/function-reference.ts'
import { invalidParameter, unsupported } from '../../../functions/control/function-refusals.ts'
import type { RoleMay } from '../../../functions/events/consume-events.ts'
import { DESTINATION_SENDERS, destinationOf } from '../../../functions/events/destinations.ts'
import { functionOfArn, partsOfArn } from '../../../lib/arn.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Context } from './context.ts'

/**
 * Refuses destinations of asynchronous calls that Lambda refuses, and those that Weir cannot deliver to: a record
 * that nobody gets would be found out when it is needed.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 *
 * @param reference to the function whose calls they are told of
 * @param roleMay whether its execution role lets it deliver there; absent: every role does
 */
export async function checkDestinations(
  context: Context,
  reference: FunctionReference,
  config: DestinationConfig = {},
  roleMay?: RoleMay,
): Promise<void> {
  const onSuccess = config.OnSuccess?.Destination
  const onFailure = config.OnFailure?.Destination
  for (const arn of [onFailure, onSuccess]) {
    if (!arn) continue
    if (partsOfArn(arn).service === 's3' && arn === onFailure)
      throw unsupported('S3 buckets as destinations of asynchronous calls')
    const destination = destinationOf(arn)
    if (!destination) {
      throw invalidParameter(
        `The provided destination config DestinationConfig(onSuccess=${shown('OnSuccess', onSuccess)}, onFailure=${shown('OnFailure', onFailure)}) is invalid.`,
      )
    }
    const { service, what, action } = destination
    if (!DESTINATION_SENDERS[service]) throw unsupported(`${what} as destinations of asynchronous calls yet`)
    if (service === 'lambda') await checkFunction(context, reference.name, arn)
    if (roleMay) await checkRole(context, reference, action, arn, roleMay)
  }
}

const shown = (what: string, arn: string | undefined): string =>
  arn ? `${what}(destination=${arn})` : 'null'

async function checkRole(
  { account, records }: Context,
  reference: FunctionReference,
  action: string,
  arn: string,
  roleMay: RoleMay,
): Promise<void> {
  const { configuration } = await findVersion(records, account, reference)
  const teller = { account, name: reference.name, role: configuration.role }
  if (await roleMay(teller, action, arn)) return
  throw invalidParameter(
    `The function execution role does not have permissions to call ${action.split(':')[1]} on ${arn}`,
  )
}

async function checkFunction({ account, records }: Context, name: string, arn: string): Promise<void> {
  const target = functionOfArn(arn)
  const invalid = invalidParameter(`The destination ARN ${arn} is invalid.`)
  if (target?.account.id !== account.id || target.account.region !== account.region) throw invalid
  if (target.name === name) {
    throw invalidParameter("You can't specify the function as a destination for itself.")
  }
  try {
    await findVersion(records, account, target)
  } catch (error) {
    if (error instanceof Refusal) throw invalid
    throw error
  }
}

/** Refuses a dead-letter target that Lambda refuses, and one that Weir cannot deliver to. */
export function checkDeadLetterTarget(arn: string): void {
  const destination = destinationOf(arn)
  if (!destination?.deadLetters) {
    throw invalidParameter(
      `The provided dead letter target ${arn} is invalid: it has to be an SQS queue or an SNS topic.`,
    )
  }
  const { service, what } = destination
  if (!DESTINATION_SENDERS[service]) throw unsupported(`${what} as dead-letter targets yet`)
}
