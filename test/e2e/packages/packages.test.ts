import { readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startWeir, type WeirServer } from '../server.ts'
import { closedPort, startMailServer, startRedis } from './line-servers.ts'
import { PAGE, writePage } from './page.ts'
import type { Call, Program } from './program.ts'
import { PROGRAMS } from './programs/all.ts'
import { startWebServer } from './web-server.ts'
import { zipProgram } from './zip-program.ts'

/** Half a gigabyte, once. */
const INSTALLATION_MS = 10 * 60_000
/** Of one package: the largest ones take some seconds to pack, to prepare and to load. */
const PROGRAM_MS = 120_000

let weir: WeirServer
let lambda: LambdaClient
let servers: Server[]
let places: Omit<Call, 'who'>

beforeAll(async () => {
  const installed = await fetch(inject('packages'))
  if (!installed.ok) throw new Error(await installed.text())
  const [web, redis, smtp] = [await startWebServer(), await startRedis(), await startMailServer()]
  servers = [web, redis, smtp]
  const [webPort, redisPort, smtpPort] = servers.map(portOf) as [number, number, number]
  places = {
    web: `http://127.0.0.1:${webPort}`,
    redis: redisPort,
    smtp: smtpPort,
    closed: await closedPort(),
  }
  weir = await startWeir()
  lambda = new LambdaClient(weir.sdk)
}, INSTALLATION_MS)

afterAll(async () => {
  for (const server of servers ?? []) server.close()
  await weir?.[Symbol.asyncDispose]()
})

const portOf = (server: Server) => (server.address() as { port: number }).port

interface Outcome {
  failed: boolean
  value: unknown
  logs: string
}

async function invoke(FunctionName: string, call: Call): Promise<Outcome> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(call), LogType: 'Tail' }),
  )
  return {
    failed: answer.FunctionError !== undefined,
    value: JSON.parse(answer.Payload!.transformToString()) as unknown,
    logs: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
  }
}

function check(program: Program, call: Call, { failed, value, logs }: Outcome): void {
  if (program.fails) {
    const { errorMessage } = value as { errorMessage?: string }
    expect([failed, errorMessage]).toEqual([true, expect.stringMatching(program.fails.message)])
    return
  }
  expect({ failed, value }).toEqual({ failed: false, value: program.expected!(call) })
  if (program.logs) expect(logs).toMatch(program.logs)
}

/** Uploads a program as its users would, calls it twice in turn, then twice at the same time. */
async function exercise(program: Program): Promise<void> {
  const FunctionName = program.package.replace(/[^\w-]/g, '_')
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Handler: 'entry.handler',
      Role: 'arn:aws:iam::000000000000:role/packages',
      Timeout: 60,
      MemorySize: 512,
      Code: { ZipFile: zipProgram(program) },
      Environment: { Variables: { ...program.variables } },
    }),
  )
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName })
  for (const who of ['Ada', 'Bo']) {
    const call = { ...places, who }
    check(program, call, await invoke(FunctionName, call))
  }
  const meet = `${places.web}/meet/${FunctionName}`
  const together = ['Cleo', 'Dan'].map(who => ({ ...places, who, meet }))
  const outcomes = await Promise.all(together.map(call => invoke(FunctionName, call)))
  for (const [at, call] of together.entries()) check(program, call, outcomes[at]!)
}

// Several at a time, so that one is packed here while another one runs there.
for (const [theme, programs] of PROGRAMS) {
  describe.concurrent(theme, () => {
    test.each(programs)('$package: $exercised', exercise, PROGRAM_MS)
  })
}

test('the page says what was shown here', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(writePage())
})
