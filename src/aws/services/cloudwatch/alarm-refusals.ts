import { Refusal } from '../../../lib/refusal.ts'
import type { AlarmRefusal } from '../../../observability/alarms/dependencies.ts'

export const invalidFormat = (message: string): Refusal => new Refusal('InvalidFormatFault', message)
export const invalidNextToken = (): Refusal => new Refusal('InvalidNextToken', 'The next token is not valid')
export const noSuchAlarm = (name: string): Refusal =>
  new Refusal('ResourceNotFound', `There is no alarm ${name}`)

/** Throws what the alarms' object refuses. */
export function orRefuse(refused: AlarmRefusal | undefined): void {
  if (refused) throw new Refusal(refused.code, refused.message)
}
