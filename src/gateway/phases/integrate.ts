import type { Exchange, PhaseResult } from '../exchange.ts'

/** Lets the method's back end answer, unless an answer of its was kept. */
export async function integrate(exchange: Exchange): Promise<PhaseResult> {
  if (exchange.reply) return
  exchange.observation?.integrating()
  const { method } = exchange.located
  const { gateway } = exchange
  const askedAt = gateway.clock()
  const result = await method.integrate(exchange)
  if (method.callsBackEnd) exchange.integrationMs = gateway.clock() - askedAt
  if ('refusal' in result) return result.refusal
  exchange.reply = result.reply
}
