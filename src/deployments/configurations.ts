import type { PlanStep } from './release.ts'

/** How traffic goes over. Percentages are whole numbers, intervals minutes. */
export type TrafficRouting =
  | { readonly type: 'AllAtOnce' }
  /** So much at once, and the rest after the interval. */
  | { readonly type: 'TimeBasedCanary'; readonly percentage: number; readonly interval: number }
  /** So much at once, and as much again after each interval. */
  | { readonly type: 'TimeBasedLinear'; readonly percentage: number; readonly interval: number }

export const DEFAULT_CONFIGURATION = 'CodeDeployDefault.LambdaAllAtOnce'

const canary = (interval: number): TrafficRouting => ({ type: 'TimeBasedCanary', percentage: 10, interval })
const linear = (interval: number): TrafficRouting => ({ type: 'TimeBasedLinear', percentage: 10, interval })

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
export const PREDEFINED_CONFIGURATIONS: ReadonlyMap<string, TrafficRouting> = new Map([
  [DEFAULT_CONFIGURATION, { type: 'AllAtOnce' }],
  ['CodeDeployDefault.LambdaCanary10Percent5Minutes', canary(5)],
  ['CodeDeployDefault.LambdaCanary10Percent10Minutes', canary(10)],
  ['CodeDeployDefault.LambdaCanary10Percent15Minutes', canary(15)],
  ['CodeDeployDefault.LambdaCanary10Percent30Minutes', canary(30)],
  ['CodeDeployDefault.LambdaLinear10PercentEvery1Minute', linear(1)],
  ['CodeDeployDefault.LambdaLinear10PercentEvery2Minutes', linear(2)],
  ['CodeDeployDefault.LambdaLinear10PercentEvery3Minutes', linear(3)],
  ['CodeDeployDefault.LambdaLinear10PercentEvery10Minutes', linear(10)],
])

/** The steps of a shift: the first is taken at once, the last has all of the traffic. */
export function planOf(routing: TrafficRouting): PlanStep[] {
  const last: PlanStep = { share: 1, minutes: 0 }
  if (routing.type === 'AllAtOnce') return [last]
  const { type, percentage, interval } = routing
  if (type === 'TimeBasedCanary') return [{ share: percentage / 100, minutes: interval }, last]
  const steps: PlanStep[] = []
  for (let reached = percentage; reached < 100; reached += percentage) {
    steps.push({ share: reached / 100, minutes: interval })
  }
  return [...steps, last]
}
