import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { Env } from '../../src/env.ts'
import { Bucket, DatabaseBinding, Loader } from './bindings.ts'
import { Counts } from './counts.ts'
import { Namespace } from './objects.ts'
import { time } from './platform.ts'
import type { Database } from './sqlite.ts'

const ROOT = new URL('../../', import.meta.url).pathname

/** The classes of wrangler.toml by their bindings. */
const OBJECTS = Object.fromEntries(
  [...readFileSync(`${ROOT}wrangler.toml`, 'utf8').matchAll(/^name = "(\w+)"\nclass_name = "(\w+)"/gm)].map(
    ([, binding, className]) => [binding!, className!],
  ),
)

/** A Weir as it is deployed, in this process: its own code and objects over bindings that count what they are asked. */
export interface CountedWeir {
  readonly counts: Counts
  readonly loader: Loader
  /** Every database with what it ran: those of the objects, and D1. */
  databases(): Database[]
  /** A request from outside, in the one isolate that there is. */
  fetch(request: Request): Promise<Response>
  /** What the cron trigger does. */
  scheduled(): Promise<void>
}

type Exports = Record<string, new (ctx: unknown, env: unknown) => never> & {
  readonly default: Required<ExportedHandler<Env>>
}

/** @param answer what every function answers */
export function startCountedWeir(exports: Exports, credentials: string, answer: () => Response): CountedWeir {
  const counts = new Counts()
  const loader = new Loader(counts, answer)
  const database = new DatabaseBinding(counts)
  const namespaces = Object.entries(OBJECTS).map(
    ([binding, className]) =>
      [binding, new Namespace(className, exports[className]!, () => objectEnv, counts)] as const,
  )
  const env = {
    ...Object.fromEntries(namespaces),
    DB: database,
    STORE: new Bucket(counts),
    LOADER: loader,
    INVOCATIONS: {
      send: async () => counts.add('queue: message'),
    },
    WEIR_ROOT_CREDENTIALS: credentials,
    WEIR_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  } as unknown as Env
  // Objects are not in the isolate that called them: what it remembers is not theirs.
  const objectEnv = { ...env }
  const context = { waitUntil: () => {}, passThroughOnException: () => {} } as unknown as ExecutionContext
  return {
    counts,
    loader,
    databases: () => [
      database.database,
      ...namespaces.flatMap(([, { objects }]) => [...objects.values()].map(object => object.database)),
    ],
    async fetch(request) {
      counts.add('worker: request')
      return exports.default.fetch(request as never, env, context)
    },
    async scheduled() {
      counts.add('worker: cron')
      const controller = { scheduledTime: time.now, cron: '* * * * *', noRetry() {} }
      await exports.default.scheduled(controller as never, env, context)
    },
  }
}

let loading: Promise<Exports> | undefined

/** Weir's bundle, with platform.ts in place of the platform; once a process. */
export function loadWeir(): Promise<Exports> {
  loading ??= load()
  return loading
}

async function load(): Promise<Exports> {
  const platform = new URL('platform.ts', import.meta.url).pathname
  const onPlatform: Plugin = {
    name: 'platform',
    setup({ onResolve }) {
      onResolve({ filter: /^cloudflare:|\/platform\.ts$/ }, ({ path, resolveDir }) =>
        path.startsWith('cloudflare:') || resolveDir === new URL('.', import.meta.url).pathname.slice(0, -1)
          ? { path: platform, external: true }
          : undefined,
      )
    },
  }
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  try {
    const { outputFiles } = await build({
      entryPoints: [`${ROOT}src/worker.ts`],
      bundle: true,
      write: false,
      outfile: 'weir.mjs',
      format: 'esm',
      platform: 'browser',
      conditions: ['workerd', 'worker', 'browser'],
      external: ['node:*'],
      target: 'es2024',
      loader: { '.sql': 'text', '.bin': 'binary' },
      inject: [new URL('globals.ts', import.meta.url).pathname],
      plugins: [onPlatform],
      logLevel: 'error',
    })
    const file = join(folder, 'weir.mjs')
    writeFileSync(file, outputFiles[0]!.contents)
    return (await import(file)) as Exports
  } finally {
    rmSync(folder, { recursive: true })
  }
}
