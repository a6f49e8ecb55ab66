import type { TrafficRoutingConfig } from '@aws-sdk/client-codedeploy'
import type { TrafficRouting } from '../../../deployments/configurations.ts'
import { refuse } from './context.ts'
import { LIMITS } from './limits.ts'

/** Checks and reads how traffic goes over. */
export function readRouting(written: TrafficRoutingConfig | undefined): TrafficRouting {
  const { type, timeBasedCanary: canary, timeBasedLinear: linear } = written ?? {}
  switch (type) {
    case 'AllAtOnce':
      if (canary || linear) throw invalid('AllAtOnce takes neither a canary nor linear steps')
      return { type }
    case 'TimeBasedCanary':
      if (linear) throw invalid('TimeBasedCanary takes no linear steps')
      return {
        type,
        percentage: whole(canary?.canaryPercentage, 'canaryPercentage', 99),
        interval: whole(canary?.canaryInterval, 'canaryInterval', LIMITS.interval),
      }
    case 'TimeBasedLinear':
      if (canary) throw invalid('TimeBasedLinear takes no canary')
      return {
        type,
        percentage: whole(linear?.linearPercentage, 'linearPercentage', 99),
        interval: whole(linear?.linearInterval, 'linearInterval', LIMITS.interval),
      }
    default:
      throw invalid('a traffic routing type is required')
  }
}

export function describeRouting(routing: TrafficRouting): TrafficRoutingConfig {
  switch (routing.type) {
    case 'AllAtOnce':
      return { type: 'AllAtOnce' }
    case 'TimeBasedCanary':
      return {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: routing.percentage, canaryInterval: routing.interval },
      }
    case 'TimeBasedLinear':
      return {
        type: 'TimeBasedLinear',
        timeBasedLinear: { linearPercentage: routing.percentage, linearInterval: routing.interval },
      }
  }
}

function whole(value: number | undefined, name: string, most: number): number {
  if (value === undefined || !Number.isInteger(value) || value < 1 || value > most) {
    throw invalid(`${name} must be a whole number from 1 to ${most}`)
  }
  return value
}

const invalid = (what: string) =>
  refuse('InvalidTrafficRoutingConfiguration', `The traffic routing configuration is invalid: ${what}`)
