import type { Exchange, PhaseResult } from '../exchange.ts'

/**
 * Who may call. `NONE` lets everybody pass; every other kind is refused, since nothing here could say yes: a method
 * that was meant to be guarded is never open.
 */
export function authorize(exchange: Exchange): PhaseResult {
  if (exchange.located.method.definition.authorizationType === 'NONE') return undefined
  return { type: 'AUTHORIZER_CONFIGURATION_ERROR' }
}
