import { accountMeterName } from '../metering/account-limits.ts'
import type { RequestLevels } from '../metering/admit-levels.ts'
import { throttleMeterName } from '../metering/method-throttle.ts'
import type { MethodSettingsTable } from './method-settings.ts'
import { PerMethod } from './per-method.ts'
import type { PreparedApi } from './prepared-api.ts'

/** One bucket for all of an account's APIs and stages. */
const WHATEVER = { apiId: '', stage: '', level: 'account' } as const

/**
 * By which meters the requests of a stage's methods are counted.
 *
 * @param whenUnreachable what the stage's owner has chosen for its methods
 * @param generation of the pointer that the settings are from: says which of two limits are newer
 */
export function requestLevels(
  api: PreparedApi,
  stage: string,
  settings: MethodSettingsTable | undefined,
  generation: number,
  whenUnreachable?: 'pass',
): PerMethod<RequestLevels> {
  const { apiId } = api
  const { id, region } = api.account
  const account = { meter: accountMeterName(id, region), target: WHATEVER }
  return new PerMethod((prepared, httpMethod) => {
    // "Each method in this stage will respect these rate and burst settings": also those of all methods are a
    // bucket of each. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html
    const method = `${httpMethod} ${prepared.resourcePath}`
    const key = { apiId, stage, method }
    const limits = settings?.of(prepared, httpMethod)?.throttle
    if (!limits) return { key, account }
    const { rate, burst } = limits
    return {
      key,
      method: {
        meter: throttleMeterName(id, region, apiId, stage, method),
        target: { apiId, stage, throttle: { rate, burst, version: generation, whenUnreachable } },
        isClosed: rate <= 0 || burst < 1,
      },
      account,
    }
  })
}
