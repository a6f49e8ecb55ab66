import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { anyFreePort } from '../../cli/claim-port.ts'
import { processTree, stillRunning } from './process-tree.ts'
import { startWeir, type WeirServer } from './server.ts'

const dev = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../../cli/dev.ts'), ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  })

let server: WeirServer | undefined

const end = async () => {
  await server?.[Symbol.asyncDispose]()
  server = undefined
}
afterEach(async () => {
  if (server && stillRunning([server.pid]).length === 0) await end()
})
afterAll(end)

/** The one that the test before has left running, or a new one. */
const running = async (): Promise<WeirServer> => {
  server ??= await startWeir()
  return server
}

async function goneWithin(milliseconds: number, ids: number[]) {
  const end = performance.now() + milliseconds
  while (stillRunning(ids).length > 0 && performance.now() < end) await delay(20)
  return stillRunning(ids)
}

describe('the development server', () => {
  it('says nothing but that it is ready, and is, on the data directory and with the variables it was given', async () => {
    server = await startWeir({ vars: { WEIR_ACCOUNT_ID: '123456789012' } })
    expect(server.output().trim().split('\n')).toEqual([
      'Starting Weir …',
      expect.stringMatching(`^✓ Weir is ready at ${server.url} \\(\\d+\\.\\d s\\)\\. Ctrl\\+C ends it\\.$`),
    ])
    expect((await fetch(`${server.url}/_weir/health`)).status).toBe(200)
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`ends every process it started, and with code 0, on ${signal}`, async () => {
      const server = await running()
      const ids = processTree(server.pid).map(process => process.id)
      // The command, wrangler, its bundler and its two servers, the functions' supervisor and their process.
      expect(ids.length).toBeGreaterThanOrEqual(7)
      process.kill(server.pid, signal)
      expect(await goneWithin(3000, ids)).toEqual([])
      expect(await server.exitCode()).toBe(0)
    })
  }

  it('leaves no process behind when only the command itself is killed', async () => {
    const server = await running()
    const ids = processTree(server.pid).map(process => process.id)
    process.kill(server.pid, 'SIGKILL')
    expect(await goneWithin(3000, ids)).toEqual([])
  })

  it('ends with wrangler, saying so, when that is killed', async () => {
    const server = await running()
    const tree = processTree(server.pid)
    const wrangler = tree.find(
      process => process.parent === server.pid && process.command.includes('wrangler'),
    )
    process.kill(wrangler!.id, 'SIGKILL')
    expect(
      await goneWithin(
        3000,
        tree.map(process => process.id),
      ),
    ).toEqual([])
    expect(await server.exitCode()).toBe(1)
    expect(server.output()).toContain('wrangler ended unexpectedly')
  })

  it('ends, saying so, when what runs functions is killed', async () => {
    const server = await running()
    const tree = processTree(server.pid)
    const supervisor = tree.find(process => process.command.endsWith('supervise.ts'))
    process.kill(supervisor!.id, 'SIGKILL')
    expect(
      await goneWithin(
        3000,
        tree.map(process => process.id),
      ),
    ).toEqual([])
    expect(await server.exitCode()).toBe(1)
    expect(server.output()).toContain('what runs functions ended unexpectedly')
  })

  it('starts again at once on the port and data of one whose processes were all killed', async () => {
    const server = await running()
    await server.kill9()
    await server.restart()
    expect((await fetch(`${server.url}/_weir/health`)).status).toBe(200)
  })

  it('clears away the servers that a crash has left on its port', async () => {
    const server = await running()
    const tree = processTree(server.pid)
    const orphans = tree.filter(process => process.command.includes('workerd')).map(process => process.id)
    // What is stopped cannot act, so nobody is left to end the children of wrangler and of the functions' supervisor.
    const parents = tree.filter(process => process.parent === server.pid)
    for (const { id } of parents) process.kill(id, 'SIGSTOP')
    process.kill(server.pid, 'SIGKILL')
    for (const { id } of parents) process.kill(id, 'SIGKILL')
    await delay(100)
    expect(stillRunning(orphans)).toHaveLength(orphans.length)
    await server.restart()
    expect(stillRunning(orphans)).toEqual([])
  })
})

describe('a development server that cannot start', () => {
  it('names the port that is taken, and a command with one that is free', async () => {
    const port = await anyFreePort()
    const other = createServer().listen(port, '0.0.0.0')
    await once(other, 'listening')
    try {
      const { status, stderr } = dev(
        '--port',
        String(port),
        '--persist-to',
        mkdtempSync(join(tmpdir(), 'weir-')),
      )
      expect(stderr).toContain(`Port ${port} is taken by another program.`)
      expect(stderr).toMatch(/ {2}npm run dev -- --port \d+\n/)
      expect(status).toBe(1)
    } finally {
      other.close()
    }
  })

  it('says that Weir runs already when its data are in use', async () => {
    const server = await running()
    const again = dev('--port', String(server.port), '--persist-to', server.persistTo)
    expect(again.stderr).toContain(`Port ${server.port} is taken: Weir is already running at ${server.url}`)
    const beside = dev('--port', String(await anyFreePort()), '--persist-to', server.persistTo)
    expect(beside.stderr).toContain(`Weir is already running at ${server.url}, on the same data`)
    expect([again.status, beside.status]).toEqual([1, 1])
  })

  it.each([
    [['--port', 'eighty'], '--port takes a number from 1 to 65535, not "eighty".'],
    [['--port=70000'], '--port takes a number from 1 to 65535, not "70000".'],
    [['--persist-to'], '--persist-to needs a value.'],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = dev(...args)
    expect(stderr.trim()).toBe(message)
    expect(status).toBe(1)
  })
})
