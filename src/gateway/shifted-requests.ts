import type { Outcome, ShiftRecorder } from '../deployments/feed/record-shifts.ts'
import type { Exchange } from './exchange.ts'
import type { Stage } from './prepared-api.ts'

/** Counts what became of a request, for the deployment of the API that it was drawn for. */
export function countShifted(exchange: Exchange, stage: Stage, shifts: Pick<ShiftRecorder, 'ended'>): void {
  const { gateway, receivedAt } = exchange
  shifts.ended(stage.pointer.shift!, stage.deploymentId, outcomeOf(exchange), gateway.clock() - receivedAt)
}

/** What limits refuse says nothing about a deployment. */
const outcomeOf = ({ admittance, response }: Exchange): Outcome =>
  admittance?.refusal ? 'throttled' : countedAs(response?.status ?? 500)

/** What an answer of this status counts as. */
export function countedAs(status: number): Outcome {
  if (status >= 500) return 'error'
  if (status === 429) return 'throttled'
  return status >= 400 ? 'refused' : 'ok'
}
