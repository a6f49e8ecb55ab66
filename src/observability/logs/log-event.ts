import type { Account } from '../../lib/account.ts'

/** One event of a log stream. */
export interface LogEvent {
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly message: string
}

/** Lines of one stream, as they are told to a log group's object. */
export interface LogLines {
  readonly stream: string
  readonly events: readonly LogEvent[]
}

/** Takes lines that nobody waits for: they are in their group a second or two later. */
export interface LogIntake {
  write(account: Account, group: string, lines: LogLines): void
}

/** Name of the object that keeps a log group's lines, or of the first of several. */
export const logStoreName = ({ id, region }: Account, group: string): string =>
  `logs/${id}/${region}/${group}`

/** Whose lines the object of this name keeps; of others than the first, the first's name is meant. */
export function placeOfLogStore(name: string): { readonly account: Account; readonly group: string } {
  const [, id = '', region = '', ...group] = name.split('/')
  return { account: { id, region }, group: group.join('/') }
}
