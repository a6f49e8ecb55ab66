import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type RunningServer, runServer, type ServerProgram } from '../run-server.ts'
import { variablesInFile } from './front-variables.ts'

/** What runs functions beside Weir. */
export interface RunningFunctions extends RunningServer {
  /** For wrangler, so that Weir finds it. */
  readonly args: ReadonlyArray<string>
  readonly env: NodeJS.ProcessEnv
}

const ROOT = join(import.meta.dirname, '../..')

/**
 * Starts the supervisor of the function process.
 *
 * @param weir the address at which Weir will serve
 * @param passedOn the user's flags for wrangler
 */
export async function runFunctions(
  weir: string,
  persistTo: string,
  passedOn: ReadonlyArray<string>,
  hear: Pick<ServerProgram, 'show' | 'onServer'>,
): Promise<RunningFunctions> {
  const token = randomBytes(32).toString('base64url')
  const directory = join(persistTo, 'functions')
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const running = runServer({
    script: join(import.meta.dirname, 'supervise.ts'),
    args: [],
    cwd: ROOT,
    env: {
      ...process.env,
      // esbuild would start another process from a thread of its own, which nobody ends or reaps.
      ESBUILD_WORKER_THREADS: '0',
      WEIR_URL: weir,
      WEIR_FUNCTIONS_TOKEN: token,
      WEIR_FUNCTIONS_DIRECTORY: directory,
    },
    listener,
    ...hear,
  })
  // Connections wait in the kernel's queue until the supervisor takes them.
  listener.close()
  const variables = { WEIR_FUNCTIONS: `http://127.0.0.1:${port}`, WEIR_FUNCTIONS_TOKEN: token }
  return { ...running, ...variablesInFile(variables, join(directory, 'weir.env'), passedOn, ROOT) }
}
