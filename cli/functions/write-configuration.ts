import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, stop } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')

/** Bundles the function process's worker and writes what workerd has to know to run it; returns the file's name. */
export async function writeConfiguration(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true })
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'src/functions/process/function-process.ts')],
    outdir: directory,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['workerd'],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    // As wrangler treats them: modules of their own.
    loader: { '.bin': 'copy' },
    logLevel: 'error',
  })
  await stop()
  for (const { path, contents } of outputFiles) writeFileSync(path, contents)
  const modules = outputFiles
    .map(({ path }) => basename(path))
    // The first one is the main module.
    .toSorted((one, other) => Number(other.endsWith('.js')) - Number(one.endsWith('.js')))
  const file = join(directory, 'workerd.capnp')
  writeFileSync(file, configuration(modules))
  return file
}

/** https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp */
const configuration = (
  modules: ReadonlyArray<string>,
): string => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "functions", worker = .functions),
    (name = "internet", network = (
      allow = ["public", "private"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = [${certificates().map(text).join(', ')}])
    ))
  ],
  sockets = [(name = "calls", address = "127.0.0.1:0", http = (), service = "functions")]
);

const functions :Workerd.Worker = (
  modules = [${modules.map(name => `(name = "${name}", ${name.endsWith('.js') ? 'esModule' : 'data'} = embed "${name}")`).join(', ')}],
  compatibilityDate = ${text(compatibilityDate())},
  compatibilityFlags = ["experimental", "enable_request_signal"],
  globalOutbound = "internet",
  bindings = [
    (name = "LOADER", workerLoader = (id = "functions")),
    (name = "WEIR_LOCAL", text = "1"),
    (name = "WEIR_URL", fromEnvironment = "WEIR_URL"),
    (name = "WEIR_FUNCTIONS_TOKEN", fromEnvironment = "WEIR_FUNCTIONS_TOKEN")
  ]
);
`

/** That of Weir itself. */
const compatibilityDate = (): string =>
  /^compatibility_date = "(.+)"/m.exec(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'))![1]!

const text = (value: string): string => JSON.stringify(value)

/** As wrangler does: what this machine's Node trusts beside the usual authorities. */
function certificates(): string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS
  if (!file) return []
  try {
    return (
      readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
    )
  } catch {
    // Node says so by itself.
    return []
  }
}
