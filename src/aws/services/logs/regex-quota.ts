import type { LogGroupRecord } from '../../../observability/logs/log-groups.ts'
import { compileFilterPattern } from '../../../observability/logs/patterns/filter-pattern.ts'
import { LIMITS } from './limits.ts'
import { limitExceeded } from './refusals.ts'

/**
 * Refuses a group whose filters of all kinds have more regular expressions than CloudWatch Logs allows.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function checkRegexQuota({
  metricFilters = [],
  subscriptionFilters = [],
}: Pick<LogGroupRecord, 'metricFilters' | 'subscriptionFilters'>): void {
  const withRegex = [...metricFilters, ...subscriptionFilters].filter(({ pattern }) => {
    const compiled = compileFilterPattern(pattern)
    return compiled.ok && compiled.pattern.regexes > 0
  })
  if (withRegex.length > LIMITS.regexPatternsPerGroup) {
    throw limitExceeded(
      `A log group has at most ${LIMITS.regexPatternsPerGroup} filter patterns with regular expressions.`,
    )
  }
}
