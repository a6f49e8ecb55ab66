import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

/** Names of the isolates, where a test does not ask for others. */
export const ISOLATES = ['first', 'second', 'third'] as const

export interface Isolates {
  readonly server: Miniflare
  /** What comes to `/second...`, `/third...` is that isolate's, everything else the first one's. */
  readonly address: URL
}

/**
 * Runs a worker in isolates of workerd that share a store, a database and Durable Objects.
 *
 * @param worker TypeScript, whose imports are relative to the root of the repository
 * @param objects classes of its Durable Objects by binding
 * @param names of the isolates; the first one has the Durable Objects of all
 */
export async function startIsolates(
  worker: string,
  objects: Readonly<Record<string, string>>,
  names: readonly string[] = ISOLATES,
): Promise<Isolates> {
  const { outputFiles } = await build({
    stdin: { contents: worker, resolveDir: new URL('..', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:workers'],
    write: false,
  })
  const durableObjects = Object.fromEntries(
    Object.entries(objects).map(([binding, className]) => [
      binding,
      { className, scriptName: names[0]!, useSQLite: true },
    ]),
  )
  const isolate = (name: string) => ({
    name,
    modules: true as const,
    script: outputFiles[0]!.text,
    compatibilityDate: '2026-11-01',
    compatibilityFlags: ['nodejs_compat'],
    durableObjects,
    r2Buckets: ['STORE'],
    d1Databases: ['DB'],
    routes: [name === names[0] ? '*/*' : `*/${name}*`],
  })
  const server = new Miniflare(convertV4MiniflareOptions({ cf: false, workers: names.map(isolate) }))
  return { server, address: await server.ready }
}
