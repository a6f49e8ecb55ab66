import type { Cut } from '../../src/functions/process/protocol.ts'
import type { RunningFunction } from './relayed-call.ts'

type Cuts = ReadonlyMap<RunningFunction, Cut>

export function timeOutMessage(cut: Cuts): string {
  const guilty = blamed(cut)
  const seconds = guilty.map(({ function: { timeout } }) => timeout)
  return `${names(guilty)} never let go of the processor and was stopped after ${list([...new Set(seconds)].map(String))} s. ${rest(cut)}`
}

export function memoryMessage(bytes: number, cut: Cuts): string {
  const took = `${Math.round(bytes / 2 ** 20)} MB of memory`
  const guilty = blamed(cut)
  if (guilty.length > 0) return `${names(guilty)} was stopped: its process took ${took}. ${rest(cut)}`
  const present = [...cut.keys()]
  const among = present.length > 0 ? ` One of ${names(present)} takes it.` : ''
  return `The process that runs functions was replaced: it took ${took}.${among} ${rest(cut)}`
}

export function endedMessage(signal: string | undefined, cut: Cuts): string {
  const guilty = blamed(cut)
  const how = signal ? `ended with ${signal}` : 'ended'
  if (guilty.length > 0) return `The process of ${names(guilty)} ${how}. ${rest(cut)}`
  return `The process that runs functions ${how} and was replaced. ${rest(cut)}`
}

export function crowdedMessage(most: number, cut: Cuts): string {
  return `More than ${most} functions hold the processor. The first of them, ${names(blamed(cut))}, was stopped. ${rest(cut)}`
}

/** Of the others. */
function rest(cut: Cuts): string {
  const others = [...cut].filter(([, { reason }]) => reason === 'interrupted').length
  if (others === 0) return 'No other call was affected.'
  return others === 1
    ? 'One other call was cut off, and its caller told to try again.'
    : `${others} other calls were cut off, and their callers told to try again.`
}

const blamed = (cut: Cuts): RunningFunction[] =>
  [...cut].filter(([, { reason }]) => reason !== 'interrupted').map(([one]) => one)

/** `Function hello (version 3)` */
function names(functions: ReadonlyArray<RunningFunction>): string {
  const each = functions.map(({ function: { name, version } }) =>
    version === '$LATEST' || version === '' ? name : `${name} (version ${version})`,
  )
  return `Function ${list([...new Set(each)])}`
}

const list = (items: ReadonlyArray<string>): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`
