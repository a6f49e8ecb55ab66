import { samplingRuleArn } from '../../../observability/traces/sampling/sampling-rule.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { accountOf } from './context.ts'

interface Named {
  readonly SamplingRule?: { readonly RuleName?: string }
  readonly SamplingRuleUpdate?: { readonly RuleName?: string; readonly RuleARN?: string }
  readonly RuleName?: string
  readonly RuleARN?: string
  readonly ResourceARN?: string
}

/**
 * Only sampling rules are resources; traces are the account's.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
 */
export function xrayNeeds(input: Named, call: Call<Platform>): readonly Need[] {
  const { RuleName, RuleARN = input.ResourceARN } = input.SamplingRuleUpdate ?? input
  const name = RuleName ?? input.SamplingRule?.RuleName
  const resource = RuleARN ?? (name === undefined ? '*' : samplingRuleArn(accountOf(call), name))
  return [{ action: `xray:${call.operation}`, resource }]
}
