import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { variablesInFile } from '../../cli/functions/front-variables.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weir-variables-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const file = () => join(root, 'data/weir.env')
const write = (...names: string[]) => {
  for (const name of names) writeFileSync(join(root, name), 'A=1\n')
}
/** The files that wrangler is told of, in its order. */
const named = (...passedOn: string[]) =>
  variablesInFile({ TOKEN: 'secret' }, file(), passedOn, root).args.filter(arg => arg !== '--env-file')

describe('variables for Weir', () => {
  it('are in a file that nobody else can read, and on no command line', () => {
    const { args } = variablesInFile({ TOKEN: 'secret', OTHER: 'a b' }, file(), [], root)
    expect(args).toEqual(['--env-file', file()])
    expect(readFileSync(file(), 'utf8')).toBe('TOKEN="secret"\nOTHER="a b"\n')
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    chmodSync(file(), 0o644)
    variablesInFile({ TOKEN: 'another' }, file(), [], root)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it('leave in force what wrangler reads by itself', () => {
    write('.env', '.env.local')
    expect(named()).toEqual([join(root, '.env'), join(root, '.env.local'), file()])
    write('.dev.vars')
    expect(named()).toEqual([join(root, '.dev.vars'), file()])
    write('.dev.vars.staging')
    expect(named('--env', 'staging')).toEqual([join(root, '.dev.vars.staging'), file()])
    expect(named('--env=other')).toEqual([join(root, '.dev.vars'), file()])
  })

  it('come after the files that the user names, which take the place of those', () => {
    write('.dev.vars')
    expect(named('--env-file', 'mine.env')).toEqual([file()])
  })
})
