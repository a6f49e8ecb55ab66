import type { ServicePrincipal } from './invocation.ts'
import type { FunctionPointer, PolicyStatement } from './manifest.ts'

/**
 * Whether the function's resource policy lets a service call it. Each qualifier has a policy of its own: a grant on
 * the unqualified function does not reach an alias, and the other way round.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export function permitInvocation(
  pointer: FunctionPointer,
  qualifier: string | undefined,
  principal: ServicePrincipal,
): boolean {
  const statements = pointer.policies[qualifier ?? '']
  return statements?.some(statement => permits(statement, principal)) ?? false
}

function permits(statement: PolicyStatement, caller: ServicePrincipal): boolean {
  const { Principal: principal } = statement
  const service = typeof principal === 'string' ? principal : principal.Service
  if (service !== caller.service && service !== '*') return false
  if (!['lambda:InvokeFunction', 'lambda:*', '*'].includes(statement.Action)) return false
  for (const [operator, values] of Object.entries(statement.Condition ?? {})) {
    for (const [key, value] of Object.entries(values)) {
      // A condition that is not understood grants nothing.
      if (!CONDITIONS[`${operator} ${key.toLowerCase()}`]?.(value, caller)) return false
    }
  }
  return true
}

/** By operator and key: whether the caller is as the statement wants it. */
const CONDITIONS: Readonly<Record<string, (value: string, caller: ServicePrincipal) => boolean>> = {
  'ArnLike aws:sourcearn': (value, caller) => matchesArn(value, caller.sourceArn),
  'StringEquals aws:sourceaccount': (value, caller) => value === caller.sourceAccount,
}

/**
 * IAM compares the six parts of an ARN one by one, so that a wildcard does not reach over a colon; only the last
 * part may have colons of its own.
 */
function matchesArn(pattern: string, arn: string): boolean {
  const parts = partsOf(arn)
  return partsOf(pattern).every((part, index) => matchesPattern(part, parts[index] ?? ''))
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/**
 * `*` stands for any characters, `?` for one. Not by a regular expression: several stars in one would take a time
 * that grows with their number as the exponent. A star that fails is only ever given one character more.
 */
function matchesPattern(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let afterStar = 0
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === '*') {
      star = at++
      afterStar = index
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++afterStar
    } else {
      return false
    }
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
