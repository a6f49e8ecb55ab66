import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compileFunction } from 'node:vm'
import { zipSync } from 'fflate'
import { prepareUpload } from '../../../src/functions/prepare/prepare-upload.ts'
import { workerCode } from '../../../src/functions/runtime/code-for.ts'
import { Builtins } from '../../../src/functions/runtime/shim/builtins.ts'
import { createModuleClass, type ModuleClass } from '../../../src/functions/runtime/shim/commonjs.ts'
import { EsModules } from '../../../src/functions/runtime/shim/es-modules.ts'
import { PackageFiles } from '../../../src/functions/runtime/shim/package-files.ts'
import { Resolver } from '../../../src/functions/runtime/shim/resolve-module.ts'
import { MANIFEST_MODULE } from '../../../src/functions/runtime/shim-manifest.ts'

export type Files = Record<string, string>

export interface Program {
  Module: ModuleClass
  esModules: EsModules
}

export async function prepareFiles(files: Files) {
  const encoder = new TextEncoder()
  const zip = zipSync(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, encoder.encode(text)])),
  )
  const parts: Uint8Array[] = []
  const prepared = await prepareUpload(zip, {
    async write(chunk) {
      parts.push(chunk.slice())
    },
  })
  if (!prepared.ok) throw new Error(prepared.message)
  return { index: prepared.index, archive: new Blob(parts as Uint8Array<ArrayBuffer>[]).stream() }
}

/** Prepares files and gives the loaders that run them, compiling in Node what workerd would compile. */
export async function loadProgram(files: Files): Promise<Program> {
  const code = await workerCode({
    ...(await prepareFiles(files)),
    handler: 'index.handler',
    environment: {},
    globalOutbound: null,
  })
  const modules = code.modules as Record<string, { cjs?: string; text?: string; data?: ArrayBuffer }>
  const node = createRequire(import.meta.url)
  const loaded = new Map<string, unknown>()
  const require = (name: string): unknown => {
    if (name.startsWith('node:')) return node(name)
    const { cjs, text, data } = modules[name.slice(2)]!
    if (cjs === undefined) return text ?? data
    if (!loaded.has(name)) {
      const module = { exports: {} as unknown }
      compileFunction(cjs, ['module'], { filename: `file:///bundle/${name.slice(2)}` })(module)
      loaded.set(name, module.exports)
    }
    return loaded.get(name)
  }
  const packageFiles = new PackageFiles(JSON.parse(modules[MANIFEST_MODULE]!.text!), require)
  const resolver = new Resolver(packageFiles, [])
  const builtins = new Builtins(require)
  const parts = { files: packageFiles, resolver, builtins, esModules: () => program.esModules }
  const Module = createModuleClass(parts)
  builtins.change('module', () => Module)
  const program = { Module, esModules: new EsModules({ files: packageFiles, resolver, builtins, Module }) }
  return program
}

export type Outcome = { value: unknown } | { error: string; message: string; code?: string }

const RUNNER = `
const [cases] = process.argv.slice(2)
const { readdirSync } = await import('node:fs')
const outcomes = {}
for (const name of readdirSync(cases)) {
  outcomes[name] = await import('file://' + cases + '/' + name + '/index.mjs').then(
    ({ default: value }) => ({ value: value === undefined ? null : value }),
    error => ({ error: error.name, message: error.message, code: error.code }))
}
console.log(JSON.stringify(outcomes).replaceAll(cases, ''))
`

/** What Node itself makes of each package's `index.mjs`: its default export, or the error. */
export function outcomesInNode(packages: Record<string, Files>): Record<string, Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'packages-'))
  try {
    for (const name in packages) {
      for (const [path, text] of Object.entries(packages[name]!)) {
        const file = join(root, 'cases', name, path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      }
    }
    writeFileSync(join(root, 'runner.mjs'), RUNNER)
    const output = execFileSync(process.execPath, [
      '--no-warnings',
      join(root, 'runner.mjs'),
      join(root, 'cases'),
    ])
    return JSON.parse(output.toString()) as Record<string, Outcome>
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** The same for the prepared package; paths are made relative, as in {@link outcomesInNode}. */
export async function outcomeOf(name: string, files: Files): Promise<Outcome> {
  const { esModules } = await loadProgram(files)
  const outcome = await esModules.importFile('/var/task/index.mjs').then(
    ({ default: value }) => ({ value: value === undefined ? null : value }),
    (error: Error & { code?: string }) => ({ error: error.name, message: error.message, code: error.code }),
  )
  return JSON.parse(JSON.stringify(outcome).replaceAll('/var/task', `/${name}`)) as Outcome
}
