import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type RunningServer, runServer, type ServerProgram } from './run-server.ts'

const ROOT = join(import.meta.dirname, '..')

// Documented switches (developers.cloudflare.com/workers/wrangler/system-environment-variables). Weir on a laptop asks
// nothing of the network, and says only what its user has to know.
const QUIET = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // esbuild would start another process from a thread of its own, which nobody ends or reaps.
  ESBUILD_WORKER_THREADS: '0',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_SEND_METRICS: 'false',
  // Experimental in this wrangler, and on unless told otherwise: it would keep a trace of every request on disk.
  X_LOCAL_EXPLORER: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
}

/** Starts wrangler with `args`; `env` goes before the environment of this process. */
export function runWrangler(
  args: ReadonlyArray<string>,
  persistTo: string,
  env: NodeJS.ProcessEnv,
  hear: Pick<ServerProgram, 'show' | 'onServer'>,
): RunningServer {
  return runServer({
    script: createRequire(import.meta.url).resolve('wrangler'),
    args,
    cwd: ROOT,
    env: {
      ...QUIET,
      WRANGLER_LOG_PATH: join(persistTo, 'logs'),
      WRANGLER_REGISTRY_PATH: join(persistTo, 'registry'),
      ...(process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}),
      ...process.env,
      ...env,
    },
    ...hear,
  })
}
