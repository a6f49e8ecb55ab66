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
  'ArnLike aws:sourcearn': (value, caller) => matchesPattern(value, caller.sourceArn),
  'StringEquals aws:sourceaccount': (value, caller) => value === caller.sourceAccount,
}

const patterns = new Map<string, RegExp>()

/** `*` stands for any characters, `?` for one. Compiled once: the policy is checked on every call of an API. */
function matchesPattern(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.')
    compiled = new RegExp(`^${source}$`, 's')
    if (patterns.size >= 1_000) patterns.clear()
    patterns.set(pattern, compiled)
  }
  return compiled.test(text)
}
