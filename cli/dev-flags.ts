import { resolve } from 'node:path'
import { CannotStart } from './cannot-start.ts'

/** What Weir itself has to know of a command line; wrangler gets all of it. */
export interface DevFlags {
  /** 1 to 65535. */
  readonly port: number
  /** Absolute. */
  readonly persistTo: string
  /** The host name or address to reach the server at from this machine. */
  readonly host: string
  /** A pair that the server accepts. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Everything else, as it was typed. */
  readonly passedOn: ReadonlyArray<string>
}

export const DEFAULT_PORT = 8787

/**
 * Takes `--port` and `--persist-to` (as `--flag value` or `--flag=value`, the last one counts) out of `args` and leaves
 * the rest to wrangler. A relative directory is relative to `directory`.
 */
export function readDevFlags(args: ReadonlyArray<string>, directory: string): DevFlags {
  const taken = new Map<string, string>()
  const passedOn: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    const equals = arg.indexOf('=')
    const name = equals < 0 ? arg : arg.slice(0, equals)
    const value = equals < 0 ? args[i + 1] : arg.slice(equals + 1)
    if (name === '--ip' && value !== undefined) taken.set(name, value)
    if (name !== '--port' && name !== '--persist-to') {
      passedOn.push(arg)
      continue
    }
    if (!value || (equals < 0 && value.startsWith('--'))) throw new CannotStart(`${name} needs a value.`)
    taken.set(name, value)
    if (equals < 0) i++
  }
  return {
    port: readPort(taken.get('--port')),
    persistTo: resolve(directory, taken.get('--persist-to') ?? '.weir'),
    host: readHost(taken.get('--ip')),
    credentials: readCredentials(passedOn),
    passedOn,
  }
}

/** The first pair of `--var WEIR_LOCAL_CREDENTIALS:id:secret,...`, or the default one. */
function readCredentials(args: ReadonlyArray<string>): DevFlags['credentials'] {
  const pairs = args
    .map(arg => /^(?:--var=)?WEIR_LOCAL_CREDENTIALS:([^,:]+):([^,]+)/.exec(arg))
    .findLast(Boolean)
  return { accessKeyId: pairs?.[1] ?? 'test', secretAccessKey: pairs?.[2] ?? 'test' }
}

function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new CannotStart(`--port takes a number from 1 to 65535, not "${text}".`)
}

// A wildcard is an address to listen on, not one to call.
const readHost = (ip: string | undefined): string =>
  ip === undefined || ['0.0.0.0', '*', '::', '[::]'].includes(ip) ? 'localhost' : ip
