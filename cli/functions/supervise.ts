import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import {
  CALLS,
  type CallKind,
  HEAD_HEADER,
  PRINT,
  TOKEN_HEADER,
} from '../../src/functions/process/protocol.ts'
import { type FunctionProcess, startFunctionProcess } from './function-process.ts'
import { FunctionProcesses } from './function-processes.ts'
import { RelayedCall } from './relayed-call.ts'
import { writeConfiguration } from './write-configuration.ts'

// The process between Weir and those in which functions run: it stays when they go. run-functions.ts starts it.

const MB = 2 ** 20
/** V8 gives one isolate 1400 MB, and ends the process itself when that is not enough. */
const BUDGETS = { soft: 768 * MB, hard: 1280 * MB }

const {
  WEIR_URL: weir,
  WEIR_FUNCTIONS_TOKEN: token,
  WEIR_FUNCTIONS_DIRECTORY: directory,
} = process.env as Record<string, string>

const configuration = writeConfiguration(directory!)
const start = async (): Promise<FunctionProcess> =>
  startFunctionProcess({
    configuration: await configuration,
    token: token!,
    weir: weir!,
    show: line => console.error(line),
  })
const processes = new FunctionProcesses({ start, token: token!, budgets: BUDGETS, say: console.log })

const secret = Buffer.from(token!)
const isSecret = (given: string | string[] | undefined): boolean => {
  const bytes = Buffer.from(String(given))
  return bytes.length === secret.length && timingSafeEqual(bytes, secret)
}

async function serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const kind = (Object.keys(CALLS) as CallKind[]).find(key => CALLS[key] === request.url)
  if ((!kind && request.url !== PRINT) || !isSecret(request.headers[TOKEN_HEADER])) {
    answer.writeHead(403).end('not yours\n')
    return
  }
  const payload: Buffer[] = []
  for await (const piece of request) payload.push(piece as Buffer)
  if (!kind) {
    process.stdout.write(Buffer.concat(payload))
    answer.writeHead(204).end()
    return
  }
  processes.run(new RelayedCall(kind, String(request.headers[HEAD_HEADER]), Buffer.concat(payload), answer))
}

const server = createServer({ maxHeaderSize: 256 * 1024, requestTimeout: 0 }, (request, answer) => {
  serve(request, answer).catch(() => answer.destroy())
})
// Weir keeps its connections for as long as it likes: one that closes while a call is on its way would lose it.
server.keepAliveTimeout = 0

process.on('message', (message, listener) => {
  if (message === 'listen') server.listen(listener as Server)
})
process.channel?.ref()
