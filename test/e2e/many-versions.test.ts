import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lambdaAt } from './acceptance/clients.ts'
import { zip } from './acceptance/functions.ts'
import { inParallel } from './acceptance/in-parallel.ts'
import { processTree } from './process-tree.ts'
import { startWeir, type WeirServer } from './server.ts'

// Nothing frees an isolate that was loaded, so the process that holds them all is replaced before it takes too much.

const VERSIONS = 1000
/** What docs/functions.md promises: 768 MB, and what is loaded while the next process starts. */
const BUDGET_MB = 768 + 128

let weir: WeirServer
beforeAll(async () => {
  weir = await startWeir()
})
afterAll(() => weir[Symbol.asyncDispose]())

/** Of the processes in which functions run: the most memory that each has had, by its id. */
async function watchMemory(until: Promise<unknown>): Promise<Map<number, number>> {
  const most = new Map<number, number>()
  let isOver = false
  until.finally(() => {
    isOver = true
  })
  while (!isOver) {
    for (const { id, command } of processTree(weir.pid)) {
      if (!command.includes('workerd serve') || !command.includes('workerd.capnp')) continue
      most.set(id, Math.max(most.get(id) ?? 0, megabytes(id)))
    }
    await delay(200)
  }
  return most
}

function megabytes(id: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

test.runIf(process.platform === 'linux')(
  `${VERSIONS} versions are called in turn: none is lost, and memory stays under its budget`,
  async () => {
    const lambda = lambdaAt(weir.url)
    const ZipFile = zip({ 'index.js': 'exports.handler = async event => [process.env.NUMBER, event.number]' })
    let started = performance.now()
    await inParallel(4, VERSIONS, number =>
      lambda.send(
        new CreateFunctionCommand({
          FunctionName: `one-of-many-${number}`,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: 'arn:aws:iam::000000000000:role/acceptance',
          Code: { ZipFile },
          Environment: { Variables: { NUMBER: String(number) } },
        }),
      ),
    )
    console.log(`created ${VERSIONS} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    started = performance.now()
    const answers: string[] = []
    const calling = inParallel(4, VERSIONS, async number => {
      const { Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: `one-of-many-${number}`, Payload: JSON.stringify({ number }) }),
      )
      answers[number] = Buffer.from(Payload!).toString()
    })
    const most = await watchMemory(calling)
    await calling
    console.log(
      `called them in ${((performance.now() - started) / 1000).toFixed(1)} s, in ${most.size} processes of ` +
        `${[...most.values()].map(mb => mb.toFixed(0)).join(', ')} MB at most`,
    )
    expect(answers).toEqual(Array.from({ length: VERSIONS }, (_, number) => `["${number}",${number}]`))
    expect(most.size).toBeGreaterThan(1)
    expect(Math.max(...most.values())).toBeLessThan(BUDGET_MB)
    expect(weir.output()).not.toContain('was stopped')
  },
  180_000,
)
