import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptionsShape } from 'miniflare'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'

export interface Bench {
  readonly url: URL
  /** Of the process's inspector; only when it was asked for, as it costs a little. */
  readonly inspector: URL | undefined
  /** More than once does no harm. */
  stop(): Promise<void>
}

export interface BenchOptions {
  readonly inspected?: boolean
  /** Variables beside those of wrangler.toml. */
  readonly variables?: Readonly<Record<string, string>>
}

/**
 * Weir's production bundle in workerd without wrangler's proxy, and beside it in the same process a worker that
 * does nothing but call a dynamically loaded one: the floor that the gateway is measured against.
 */
export async function startBench(
  bareWorker: string,
  { inspected = false, variables }: BenchOptions = {},
): Promise<Bench> {
  const out = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const wrangler = join(
    dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
    'bin/wrangler.js',
  )
  execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  })
  // Wrangler's type for these is an Omit over an index signature, which forgets what the members are.
  const settings = unstable_getMiniflareWorkerOptions('wrangler.toml').workerOptions as V4WorkerOptionsShape
  const modules = readdirSync(out)
    .filter(name => !name.endsWith('.map') && name !== 'README.md')
    .map(name => {
      const path = join(out, name)
      if (name.endsWith('.bin')) return { type: 'Data' as const, path, contents: readFileSync(path) }
      const type = name.endsWith('.js') ? ('ESModule' as const) : ('Text' as const)
      return { type, path, contents: readFileSync(path, 'utf8') }
    })
    .sort((a, b) => Number(b.path.endsWith('worker.js')) - Number(a.path.endsWith('worker.js')))
  const { compatibilityDate, compatibilityFlags } = settings
  const options = convertV4MiniflareOptions({
    cf: false,
    host: '127.0.0.1',
    port: 0,
    ...(inspected && { inspectorPort: 0 }),
    workers: [
      {
        ...settings,
        name: 'weir',
        modulesRoot: out,
        modules,
        routes: ['*/*'],
        bindings: { ...settings.bindings, WEIR_LOCAL: '1', WEIR_PRINT_LOGS: '0', ...variables },
      },
      {
        name: 'bare',
        modules: true,
        script: bareWorker,
        compatibilityDate,
        compatibilityFlags,
        workerLoaders: { LOADER: {} },
        r2Buckets: settings.r2Buckets,
        serviceBindings: { WEIR: { name: 'weir', entrypoint: 'FunctionCaller' } },
        routes: ['bare.localhost/*'],
      },
    ],
  })
  const miniflare = new Miniflare(options)
  const url = await miniflare.ready
  let isStopped = false
  return {
    url,
    inspector: inspected ? await miniflare.getInspectorURL() : undefined,
    async stop() {
      if (isStopped) return
      isStopped = true
      await miniflare.dispose()
      rmSync(out, { recursive: true, force: true })
    },
  }
}
