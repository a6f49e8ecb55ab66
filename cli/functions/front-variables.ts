import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Gives wrangler variables in a file that only its owner can read: a command line is everybody's. A file that is named
 * to wrangler takes the place of those that it finds by itself, so they are named, too, in its own order
 * (developers.cloudflare.com/workers/configuration/secrets#local-development-with-secrets).
 *
 * @param passedOn the user's flags for wrangler
 * @param root where wrangler.toml is
 */
export function variablesInFile(
  variables: Readonly<Record<string, string>>,
  file: string,
  passedOn: ReadonlyArray<string>,
  root: string,
): { readonly args: string[]; readonly env: NodeJS.ProcessEnv } {
  mkdirSync(dirname(file), { recursive: true })
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
  // One that is there would keep its mode, whoever gave it.
  rmSync(file, { force: true })
  writeFileSync(file, lines.join(''), { mode: 0o600 })
  const named = passedOn.some(arg => arg === '--env-file' || arg.startsWith('--env-file='))
  const files = [...(named ? [] : foundByWrangler(passedOn, root)), file]
  return {
    args: files.flatMap(path => ['--env-file', path]),
    // Otherwise the files would not be read.
    env: { CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'true' },
  }
}

function foundByWrangler(passedOn: ReadonlyArray<string>, root: string): string[] {
  const environment = environmentOf(passedOn)
  const first = (names: string[]) => names.map(name => join(root, name)).filter(path => existsSync(path))
  const devVars = first([...(environment ? [`.dev.vars.${environment}`] : []), '.dev.vars'])
  if (devVars[0]) return [devVars[0]]
  if (process.env.CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV === 'false') return []
  return first([
    '.env',
    '.env.local',
    ...(environment ? [`.env.${environment}`, `.env.${environment}.local`] : []),
  ])
}

function environmentOf(args: ReadonlyArray<string>): string | undefined {
  const at = args.findLastIndex(arg => /^(?:--env|-e)(?:=|$)/.test(arg))
  if (at < 0) return process.env.CLOUDFLARE_ENV
  const arg = args[at]!
  return arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : args[at + 1]
}
