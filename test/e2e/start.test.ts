import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyFreePort } from '../../cli/claim-port.ts'
import { type Running, run } from './server.ts'

const shell = (command: string) => spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 30_000 })
const hasAwsCli = shell('aws --version').status === 0

/** The commands that were printed, by the first words of what is above them. */
function printedCommand(output: string, title: string): string {
  const block = output.split('\n\n').find(text => text.startsWith(title))
  if (!block) throw new Error(`nothing says "${title}" in:\n${output}`)
  return block.split('\n').slice(1).join('\n')
}

describe('npm start', () => {
  const data = mkdtempSync(join(tmpdir(), 'weir-start-'))
  let args: string[]
  let started: Running

  beforeAll(async () => {
    args = ['--port', String(await anyFreePort()), '--persist-to', data]
    started = await run('start', args, /Ctrl\+C ends it/)
  })
  afterAll(async () => {
    await started.end('SIGTERM')
    rmSync(data, { recursive: true, force: true })
  })

  it('prints what is running and what to paste, and no warning, stack or colour', () => {
    const output = started.output()
    expect(output).toMatch(
      /^Starting Weir …\nDeploying the example …\n✓ Weir is ready at http:\/\/localhost:\d+ \(\d+\.\d s\)\.\n/,
    )
    expect(output).not.toMatch(/warn|error|experimental|\n\s+at /i)
    expect(output).not.toContain('\u001b')
    const stages = [...output.matchAll(/^ {2}(\w+) +(http:\S+) +(.+)$/gm)].map(([, name, , runs]) => [
      name,
      runs,
    ])
    expect(stages).toEqual([
      ['prod', 'version 1'],
      ['beta', 'version 2'],
      ['dev', '$LATEST'],
    ])
  })

  it('prints a command that calls the API with its key', () => {
    const { stdout, status } = shell(printedCommand(started.output(), 'Call it with its key'))
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ version: '1', stage: 'prod', pets: ['ada', 'bello', 'coco'] })
  })

  it('prints a command that counts which version answers', () => {
    const { stdout } = shell(printedCommand(started.output(), 'See which version'))
    expect(stdout.trim()).toMatch(/^100 \{"version":"1"/)
  })

  it.skipIf(!hasAwsCli)('prints commands for the AWS CLI that shift traffic and show usage', () => {
    const shifted = shell(printedCommand(started.output(), 'Give version 2'))
    expect(shifted.stderr).toBe('')
    expect(JSON.parse(shifted.stdout)).toMatchObject({
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.05 } },
    })
    const usage = shell(printedCommand(started.output(), "Look at the key's usage"))
    expect(usage.stderr).toBe('')
    const [days] = Object.values<number[][]>(JSON.parse(usage.stdout).items)
    expect(days).toEqual([[101, 9899]])
  })

  it('starts a second time on the same data, where everything is as it was left', async () => {
    const key = /x-api-key: (\w+)/.exec(started.output())?.[1]
    expect(await started.end('SIGINT')).toBe(true)
    expect(await started.ended).toBe(0)
    started = await run('start', args, /Ctrl\+C ends it/)
    expect(/x-api-key: (\w+)/.exec(started.output())?.[1]).toBe(key)
    expect(started.output()).toMatch(hasAwsCli ? /version 1 \(95 %\), version 2 \(5 %\)/ : /version 1\n/)
    const { stdout } = shell(printedCommand(started.output(), 'Call it with its key'))
    expect(JSON.parse(stdout)).toMatchObject({ stage: 'prod' })
  })

  it('prints a command that ships a bad version, of which people see it go back', () => {
    const { stdout, status } = shell(printedCommand(started.output(), 'Ship a version'))
    expect(status).toBe(0)
    expect(stdout).toMatch(/shift {6}████░+ 10\.0 % to version 3\n {2}version 1 .+\n {2}version 3 /)
    expect(stdout).toMatch(/✗ Version 3 was rolled back \d+\.\d s after it was shipped/)
    expect(stdout).toContain('The alias prod points at version 1 alone.')
  })

  it('suggests its own command when the port is taken', () => {
    const again = spawnSync(process.execPath, [join(import.meta.dirname, '../../cli/start.ts'), ...args], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect(again.stderr).toMatch(/^Port \d+ is taken: Weir is already running/)
    expect(again.stderr).toContain('npm start -- --port ')
    expect(again.status).toBe(1)
  })
})
