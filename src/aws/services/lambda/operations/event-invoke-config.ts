import type { DestinationConfig, FunctionEventInvokeConfig } from '@aws-sdk/client-lambda'
import { lookUp } from '../../../../functions/control/find-function.ts'
import {
  type EventInvokeRecord,
  eventInvokeConfigs,
  FUNCTION_PUBLICATION,
  functions,
} from '../../../../functions/control/function-records.ts'
import type { FunctionReference } from '../../../../functions/control/function-reference.ts'
import { invalidParameter, notFound } from '../../../../functions/control/function-refusals.ts'
import type { RoleMay } from '../../../../functions/events/consume-events.ts'
import { functionArn } from '../../../../lib/arn.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { checkDestinations } from '../destination-rules.ts'
import { byId, pageOf } from '../pages.ts'

interface Given {
  readonly MaximumRetryAttempts?: number
  readonly MaximumEventAgeInSeconds?: number
  readonly DestinationConfig?: DestinationConfig
}

export interface Telling {
  /** Whether a function's execution role lets it deliver to a destination; absent: every role does. */
  readonly roleMay?: RoleMay
}

export const eventInvokeConfigOperations = ({ roleMay }: Telling) =>
  ({
    /** What is not given is not set any more. */
    async PutFunctionEventInvokeConfig(input, call) {
      const context = contextOf(call)
      const reference = referenceOf(context, input)
      checkGiven(input)
      return change(context, reference, input, roleMay, () => ({}))
    },

    /** What is not given stays as it is. */
    async UpdateFunctionEventInvokeConfig(input, call) {
      const context = contextOf(call)
      const reference = referenceOf(context, input)
      checkGiven(input)
      return change(context, reference, input, roleMay, found => {
        if (!found) throw noConfig(context, reference)
        return found
      })
    },

    async GetFunctionEventInvokeConfig(input, call) {
      const context = contextOf(call)
      const reference = referenceOf(context, input)
      const { name } = reference
      await findTarget(context, reference)
      const found = await context.records.get(eventInvokeConfigs, name, qualifierOf(reference))
      if (!found) throw noConfig(context, reference)
      return describe(context, name, found.id, found.doc)
    },

    async ListFunctionEventInvokeConfigs(input, call) {
      const context = contextOf(call)
      const { name } = referenceOf(context, input)
      await findTarget(context, { name })
      const { items, NextMarker } = await pageOf(
        `event-invoke-configs/${name}`,
        input,
        ([after], batch) => context.records.each(eventInvokeConfigs, name, { after, batch }),
        byId,
      )
      return {
        FunctionEventInvokeConfigs: items.map(({ id, doc }) => describe(context, name, id, doc)),
        NextMarker,
      }
    },

    async DeleteFunctionEventInvokeConfig(input, call) {
      const context = contextOf(call)
      const { records } = context
      const reference = referenceOf(context, input)
      const { name } = reference
      await changeFunction(context, name, async () => {
        await findTarget(context, reference)
        const found = await records.get(eventInvokeConfigs, name, qualifierOf(reference))
        if (!found) throw noConfig(context, reference)
        await records
          .change()
          .remove(eventInvokeConfigs, found)
          .publish({ kind: FUNCTION_PUBLICATION, id: name })
          .commit()
      })
      return {}
    },
  }) satisfies LambdaHandlers

/** A configuration of its own has each version, each alias, and `$LATEST`, which is also the function as such. */
const qualifierOf = ({ qualifier }: FunctionReference): string => qualifier ?? '$LATEST'

function checkGiven(given: Given): void {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = given
  if (
    MaximumRetryAttempts === undefined &&
    MaximumEventAgeInSeconds === undefined &&
    DestinationConfig === undefined
  ) {
    throw invalidParameter('You must specify at least one of error handling or destination setting.')
  }
}

/** @param base what holds where nothing is given */
function change(
  context: Context,
  reference: FunctionReference,
  given: Given,
  roleMay: RoleMay | undefined,
  base: (found: EventInvokeRecord | undefined) => Partial<EventInvokeRecord>,
) {
  const { records, platform } = context
  const { name } = reference
  const id = qualifierOf(reference)
  return changeFunction(context, name, async () => {
    const owner = await findTarget(context, reference)
    await checkDestinations(context, reference, given.DestinationConfig, roleMay)
    const found = await records.get(eventInvokeConfigs, name, id)
    const before = base(found?.doc)
    const destinations = given.DestinationConfig
    const config: EventInvokeRecord = {
      maximumRetryAttempts: given.MaximumRetryAttempts ?? before.maximumRetryAttempts,
      maximumEventAge: given.MaximumEventAgeInSeconds ?? before.maximumEventAge,
      onSuccess: destinations ? destinations.OnSuccess?.Destination || undefined : before.onSuccess,
      onFailure: destinations ? destinations.OnFailure?.Destination || undefined : before.onFailure,
      lastModified: platform.clock(),
    }
    const change = records.change().expect(functions, owner)
    if (found) change.replace(eventInvokeConfigs, found, config)
    else change.create(eventInvokeConfigs, { parent: name, id }, config)
    await change.publish({ kind: FUNCTION_PUBLICATION, id: name }).commit()
    return describe(context, name, id, config)
  })
}

async function findTarget({ records }: Context, reference: FunctionReference) {
  const { owner, isWhole } = await lookUp(records, reference)
  if (!owner || !isWhole) throw notFound("The function doesn't exist.")
  return owner
}

const noConfig = ({ account }: Context, reference: FunctionReference) =>
  notFound(
    `The function ${functionArn(account, reference.name, qualifierOf(reference))} doesn't have an EventInvokeConfig`,
  )

function describe(
  { account }: Context,
  name: string,
  qualifier: string,
  config: EventInvokeRecord,
): FunctionEventInvokeConfig {
  return {
    LastModified: new Date(config.lastModified),
    FunctionArn: functionArn(account, name, qualifier),
    MaximumRetryAttempts: config.maximumRetryAttempts,
    MaximumEventAgeInSeconds: config.maximumEventAge,
    DestinationConfig: {
      OnSuccess: config.onSuccess === undefined ? {} : { Destination: config.onSuccess },
      OnFailure: config.onFailure === undefined ? {} : { Destination: config.onFailure },
    },
  }
}
