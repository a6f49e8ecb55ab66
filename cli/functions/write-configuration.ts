import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, stop } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')

/** Bundles the function process's worker and writes what workerd has to know to run it; returns the file's name. */
export async function writeConfiguration(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true })
  await build({
    entryPoints: [join(ROOT, 'src/functions/process/function-process.ts')],
    outfile: join(directory, 'function-process.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['workerd'],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'error',
  })
  await stop()
  const file = join(directory, 'workerd.capnp')
  writeFileSync(file, configuration())
  return file
}

/** https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp */
const configuration = (): string => `using Workerd = import "/workerd/workerd.capnp";

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
  modules = [(name = "function-process.js", esModule = embed "function-process.js")],
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
