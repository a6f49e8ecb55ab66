// Bundles shim/ into the text that every loaded worker has as its main module: `node src/functions/runtime/build-shim.ts`.
// A generated file rather than an import of text, because bundlers and test runners differ in how they import text.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const HERE = new URL('.', import.meta.url).pathname

/** The content of shim.generated.ts. */
export async function buildShim(): Promise<string> {
  const shim = await bundle('entry.ts', 'esm')
  const interpreter = await bundle('interpreter.ts', 'cjs')
  const version = createHash('sha256').update(shim).update(interpreter).digest('hex').slice(0, 16)
  return (
    '// Made by build-shim.ts out of shim/. Do not edit.\n' +
    `export const SHIM = ${JSON.stringify(shim)}\n` +
    `export const INTERPRETER = ${JSON.stringify(interpreter)}\n` +
    `export const SHIM_VERSION = '${version}'\n`
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
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    external: ['*.cjs'],
  })
  return result.outputFiles[0]!.text
}

if (import.meta.main) writeFileSync(`${HERE}shim.generated.ts`, await buildShim())
