import type { Exchange, PhaseResult } from '../exchange.ts'

/** Lets the method's back end answer. */
export async function integrate(exchange: Exchange): Promise<PhaseResult> {
  const result = await exchange.located.method.integrate(exchange)
  if ('refusal' in result) return result.refusal
  exchange.reply = result.reply
}
