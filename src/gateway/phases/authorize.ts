import type { Exchange, PhaseResult } from '../exchange.ts'

/**
 * Who may call: the method's guard says. Only a method of the authorization type `NONE`, of an API without a policy of
 * its own, has none. See authorizers/guards.ts for the kinds of them.
 */
export function authorize(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
  return exchange.located.method.guard?.(exchange)
}
