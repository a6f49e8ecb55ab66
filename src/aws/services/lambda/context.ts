import type { Lambda } from '@aws-sdk/client-lambda'
import { findVersion, type Selected } from '../../../functions/control/find-function.ts'
import { FUNCTION_PUBLICATION } from '../../../functions/control/function-records.ts'
import { type FunctionReference, functionReference } from '../../../functions/control/function-reference.ts'
import { updateInProgress } from '../../../functions/control/function-refusals.ts'
import type { LayerCaller } from '../../../functions/layers/find-layer-version.ts'
import type { Account } from '../../../lib/account.ts'
import type { Platform } from '../../../platform.ts'
import { modify } from '../../../records/modify.ts'
import { type Records, StaleRevision } from '../../../records/records.ts'
import type { Call, Handlers } from '../../wire/service.ts'

export type LambdaHandlers = Handlers<Lambda, Platform>

/** What almost every operation needs of its call. */
export interface Context {
  readonly account: Account
  readonly records: Records
  readonly platform: Platform
  readonly call: Call<Platform>
}

export function contextOf(call: Call<Platform>): Context {
  const account = { id: call.account, region: call.region }
  return { account, records: call.platform.records(account), platform: call.platform, call }
}

export const layerCaller = ({ account, platform, call }: Context): LayerCaller => ({
  account,
  arn: call.identity.arn,
  recordsOf: owner => platform.records(owner),
})

/** Reads a `FunctionName` with its `Qualifier`. */
export const referenceOf = (
  { account, call }: Context,
  input: { readonly FunctionName: string; readonly Qualifier?: string },
): FunctionReference =>
  functionReference(input.FunctionName, input.Qualifier, {
    account,
    arn: call.identity.arn,
    operation: call.operation,
  })

export const selected = (context: Context, reference: FunctionReference): Promise<Selected> =>
  findVersion(context.records, context.account, reference)

/**
 * A change of one function: `work` reads, decides and commits, and is run again when somebody else was faster. The
 * change is acknowledged once the data plane knows of it.
 */
export async function changeFunction<T>(context: Context, name: string, work: () => Promise<T>): Promise<T> {
  const { account, platform } = context
  let result: T
  try {
    result = await modify(work)
  } catch (error) {
    if (error instanceof StaleRevision) throw updateInProgress(account, name)
    throw error
  }
  await platform.publications.publish(account, FUNCTION_PUBLICATION, name)
  return result
}

/** `2026-11-22T20:48:00.000+0000` */
export const timestamp = (platform: Platform): string =>
  new Date(platform.clock()).toISOString().replace('Z', '+0000')
