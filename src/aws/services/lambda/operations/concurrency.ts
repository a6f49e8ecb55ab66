import type { ProvisionedConcurrencyConfigListItem } from '@aws-sdk/client-lambda'
import {
  accountConcurrency,
  checkUnreserved,
  provisionedBy,
  reservedBy,
} from '../../../../functions/control/account-concurrency.ts'
import { findFunction, lookUp } from '../../../../functions/control/find-function.ts'
import {
  aliases,
  FUNCTION_PUBLICATION,
  type FunctionRecord,
  functions,
} from '../../../../functions/control/function-records.ts'
import { isVersion, unqualified } from '../../../../functions/control/function-reference.ts'
import {
  cannotFindAlias,
  conflict,
  functionNotFound,
  invalidParameter,
} from '../../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../../functions/control/limits.ts'
import {
  type ProvisionedConcurrency,
  type Warm,
  warmProvisioned,
  withoutProvisioned,
} from '../../../../functions/control/provisioned-concurrency.ts'
import { functionArn } from '../../../../lib/arn.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import type { Stored } from '../../../../records/records.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { pageOf } from '../pages.ts'

export interface Warming {
  readonly warm: Warm
}

export const concurrencyOperations = ({ warm }: Warming) =>
  ({
    async PutFunctionConcurrency(input, call) {
      const context = contextOf(call)
      const { account, records } = context
      const name = unqualified(referenceOf(context, input))
      const limit = input.ReservedConcurrentExecutions
      return changeFunction(context, name, async () => {
        const others = await accountConcurrency(records, name)
        const found = await findFunction(records, account, name)
        const provisioned = provisionedBy(found.doc)
        if (limit < provisioned) {
          throw invalidParameter(
            ` ReservedConcurrentExecutions  should not be lower than function's total provisioned concurrency [${provisioned}].`,
          )
        }
        checkUnreserved(others, limit, 'ReservedConcurrentExecutions')
        await others
          .claim(records.change())
          .replace(functions, found, { ...found.doc, reservedConcurrency: limit })
          .publish({ kind: FUNCTION_PUBLICATION, id: name })
          .commit()
        return { ReservedConcurrentExecutions: limit }
      })
    },

    async GetFunctionConcurrency(input, call) {
      const context = contextOf(call)
      const name = unqualified(referenceOf(context, input))
      const { doc } = await findFunction(context.records, context.account, name)
      return { ReservedConcurrentExecutions: doc.reservedConcurrency ?? undefined }
    },

    async DeleteFunctionConcurrency(input, call) {
      const context = contextOf(call)
      const { account, records } = context
      const name = unqualified(referenceOf(context, input))
      await changeFunction(context, name, async () => {
        const found = await findFunction(records, account, name)
        if (typeof found.doc.reservedConcurrency !== 'number') return
        await records
          .change()
          .replace(functions, found, { ...found.doc, reservedConcurrency: null })
          .publish({ kind: FUNCTION_PUBLICATION, id: name })
          .commit()
      })
      return {}
    },

    async PutProvisionedConcurrencyConfig(input, call) {
      const context = contextOf(call)
      const { records, platform } = context
      const { name, qualifier } = provisionable(context, input)
      const requested = input.ProvisionedConcurrentExecutions
      const config = await changeFunction(context, name, async () => {
        const others = await accountConcurrency(records, name)
        const found = await findTarget(context, name, qualifier)
        await checkOverlap(context, name, qualifier, found.doc)
        const put: ProvisionedConcurrency = {
          requested,
          status: 'IN_PROGRESS',
          lastModified: wholeSeconds(platform.clock()),
          // Nothing is loaded yet.
          target: '',
          startedAt: 0,
        }
        const changed = { ...found.doc, provisioned: { ...found.doc.provisioned, [qualifier]: put } }
        checkRoom(changed)
        checkUnreserved(others, reservedBy(changed), 'ConcurrentExecutions')
        await others.claim(records.change()).replace(functions, found, changed).commit()
        return put
      })
      platform.defer(warmProvisioned({ records, warm, now: platform.clock }, name))
      return describe(config)
    },

    async GetProvisionedConcurrencyConfig(input, call) {
      const context = contextOf(call)
      const { name, qualifier } = provisionable(context, input)
      const found = await findTarget(context, name, qualifier)
      const config = found.doc.provisioned?.[qualifier]
      if (!config) throw noConfig()
      return describe(config)
    },

    async DeleteProvisionedConcurrencyConfig(input, call) {
      const context = contextOf(call)
      const { records } = context
      const { name, qualifier } = provisionable(context, input)
      await changeFunction(context, name, async () => {
        const found = await findTarget(context, name, qualifier)
        if (!found.doc.provisioned?.[qualifier]) return
        await records.change().replace(functions, found, withoutProvisioned(found.doc, qualifier)).commit()
      })
      return {}
    },

    async ListProvisionedConcurrencyConfigs(input, call) {
      const context = contextOf(call)
      const { account, records } = context
      const name = unqualified(referenceOf(context, input))
      const { doc } = await findFunction(records, account, name)
      const all = Object.entries(doc.provisioned ?? {}).sort(([one], [other]) => (one < other ? -1 : 1))
      const { items, NextMarker } = await pageOf(
        `provisioned/${name}`,
        input,
        ([last = '']) => all.filter(([qualifier]) => qualifier > last),
        ([qualifier]) => [qualifier],
      )
      return {
        ProvisionedConcurrencyConfigs: items.map(
          ([qualifier, config]): ProvisionedConcurrencyConfigListItem => ({
            FunctionArn: functionArn(account, name, qualifier),
            ...describe(config),
          }),
        ),
        NextMarker,
      }
    },
  }) satisfies LambdaHandlers

// The sentences below are those that Lambda was observed to answer.

/** Reads the alias or version that is to be loaded in advance; `$LATEST` has nothing that would stay the same. */
function provisionable(
  context: Context,
  input: { readonly FunctionName: string; readonly Qualifier: string },
): { name: string; qualifier: string } {
  const { name, qualifier = '$LATEST' } = referenceOf(context, input)
  if (qualifier === '$LATEST') {
    throw invalidParameter(
      'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    )
  }
  return { name, qualifier }
}

async function findTarget(
  { account, records }: Context,
  name: string,
  qualifier: string,
): Promise<Stored<FunctionRecord>> {
  const { owner, isWhole } = await lookUp(records, { name, qualifier })
  if (!owner) throw functionNotFound(account, name, qualifier)
  if (isWhole) return owner
  throw isVersion(qualifier)
    ? functionNotFound(account, name, qualifier)
    : cannotFindAlias(account, name, qualifier)
}

/** What is loaded for an alias is not loaded for its version once more. */
async function checkOverlap(
  { records }: Context,
  name: string,
  qualifier: string,
  { provisioned = {} }: FunctionRecord,
): Promise<void> {
  const all = await records.all(aliases, name)
  if (isVersion(qualifier)) {
    if (all.some(({ id, doc }) => doc.version === qualifier && provisioned[id]))
      throw conflict('Version is pointed by a Provisioned Concurrency alias')
    return
  }
  const target = all.find(({ id }) => id === qualifier)?.doc.version
  if (target === '$LATEST') {
    throw invalidParameter(
      'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    )
  }
  if (target !== undefined && provisioned[target]) {
    throw conflict(
      "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    )
  }
}

function checkRoom(record: FunctionRecord): void {
  const { reservedConcurrency } = record
  const total = provisionedBy(record)
  if (typeof reservedConcurrency === 'number' && total > reservedConcurrency) {
    throw invalidParameter(
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    )
  }
  if (total > LIMITS.concurrentExecutions) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${LIMITS.concurrentExecutions}].`,
    )
  }
}

function describe({ requested, status, reason, lastModified }: ProvisionedConcurrency) {
  const loaded = status === 'READY' ? requested : 0
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AvailableProvisionedConcurrentExecutions: loaded,
    AllocatedProvisionedConcurrentExecutions: loaded,
    Status: status,
    StatusReason: reason,
    LastModified: lastModified,
  }
}

/** `2026-11-22T20:48:00+0000`, as Lambda writes it here. */
const wholeSeconds = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, '+0000')

const noConfig = (): Refusal =>
  new Refusal(
    'ProvisionedConcurrencyConfigNotFoundException',
    'No Provisioned Concurrency Config found for this function',
    { members: { Type: 'User' } },
  )
