// Bundles shim/ into the text that every loaded worker has as its main module: `node src/functions/runtime/build-shim.ts`.
// A generated file rather than an import of text, because bundlers and test runners differ in how they import text.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const HERE = new URL('.', import.meta.url).pathname

/** The content of shim.generated.ts. */
export async function buildShim(): Promise<string> {
  const result = await build({
    entryPoints: [`${HERE}shim/entry.ts`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    charset: 'ascii',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    external: ['*.cjs'],
  })
  const text = result.outputFiles[0]!.text
  const version = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return (
    '// Made by build-shim.ts out of shim/. Do not edit.\n' +
    `export const SHIM = ${JSON.stringify(text)}\n` +
    `export const SHIM_VERSION = '${version}'\n`
  )
}

if (import.meta.main) writeFileSync(`${HERE}shim.generated.ts`, await buildShim())
