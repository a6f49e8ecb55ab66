import type { Exchange, PhaseResult } from '../exchange.ts'

/** Refuses a request that lacks parameters or whose body is not what the method's model says, where it asks for that. */
export function validate(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
  return exchange.located.method.validation?.check(exchange)
}
