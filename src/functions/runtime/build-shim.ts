// Bundles shim/ into the text that every loaded worker has as its main module: `node src/functions/runtime/build-shim.ts`.
// A generated file rather than an import of text, because bundlers and test runners differ in how they import text.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import {
  ES_MODULES_MODULE,
  FILE_SYSTEM_MODULE,
  MAIN_MODULE,
  NODE_HTTP_MODULE,
  NODE_NET_MODULE,
  ORIGINAL_POSITIONS_MODULE,
  RESPONSE_STREAM_MODULE,
  WASM_MODULE,
  WORKER_MODULE,
} from './shim-manifest.ts'

const HERE = new URL('.', import.meta.url).pathname

/** The content of shim.generated.ts. */
export async function buildShim(): Promise<string> {
  const modules = {
    [MAIN_MODULE]: { js: await bundle('entry.ts', 'esm') },
    [ES_MODULES_MODULE]: { cjs: await bundle('es-modules.ts', 'cjs') },
    [RESPONSE_STREAM_MODULE]: { cjs: await bundle('response-stream.ts', 'cjs') },
    [WORKER_MODULE]: { cjs: await bundle('worker-module.ts', 'cjs') },
    [FILE_SYSTEM_MODULE]: { cjs: await bundle('package-file-system.ts', 'cjs') },
    [NODE_HTTP_MODULE]: { cjs: await bundle('http/node-http.ts', 'cjs') },
    [WASM_MODULE]: { cjs: await bundle('uploaded-wasm.ts', 'cjs') },
    [NODE_NET_MODULE]: { cjs: await bundle('net/node-net.ts', 'cjs') },
    [ORIGINAL_POSITIONS_MODULE]: { cjs: await bundle('original-positions.ts', 'cjs') },
  }
  const interpreter = await bundle('interpreter.ts', 'cjs')
  const version = createHash('sha256').update(JSON.stringify(modules)).update(interpreter).digest('hex')
  return (
    '// Made by build-shim.ts out of shim/. Do not edit.\n' +
    `export const SHIM = ${JSON.stringify(modules)}\n` +
    `export const INTERPRETER = ${JSON.stringify(interpreter)}\n` +
    `export const SHIM_VERSION = '${version.slice(0, 16)}'\n`
  )
}

async function bundle(entry: string, format: 'esm' | 'cjs'): Promise<string> {
  const result = await build({
    entryPoints: [`${HERE}shim/${entry}`],
    bundle: true,
    write: false,
    format,
    target: 'es2024',
    charset: 'ascii',
    // Compiling the shim is a good part of a small function's cold start.
    minify: true,
    legalComments: 'none',
    external: ['*.cjs', 'node:*', 'cloudflare:*'],
  })
  return result.outputFiles[0]!.text
}

if (import.meta.main) writeFileSync(`${HERE}shim.generated.ts`, await buildShim())
