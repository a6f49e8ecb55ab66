import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { type WrittenEntry, writeZip } from '../../functions/prepare/zip-writer.ts'
import { INSTALLED, LOCK } from './install-packages.ts'
import type { Program } from './program.ts'

/** Waits where overlapping calls meet, then hands on to the program. */
const entryFor = (program: Program) => `exports.handler = async (event, context) => {
  if (event.meet) await fetch(event.meet)
  const { handler } = ${program.esm ? `await import('./index.mjs')` : `require('./index.js')`}
  return handler(event, context)
}
`

/**
 * The zip that `npm install` and `zip -r` make for a program: its files, and node_modules with its packages and all
 * that these depend on. Its handler is `entry.handler`.
 */
export function zipProgram(program: Program): Uint8Array {
  const entries: WrittenEntry[] = [
    { name: 'entry.js', content: entryFor(program) },
    { name: program.esm ? 'index.mjs' : 'index.js', content: program.source },
  ]
  for (const [name, content] of Object.entries(program.files ?? {})) entries.push({ name, content })
  for (const [path, source] of directoriesOf(program))
    addDirectory(entries, path, `${INSTALLED}/../${source}`)
  return writeZip(entries)
}

/** Each package's directory in the zip, and here. */
function directoriesOf(program: Program): Map<string, string> {
  const found = new Map<string, string>()
  const seen = new Set<string>()
  const visit = (source: string) => {
    if (seen.has(source)) return
    seen.add(source)
    const path = pathInZip(source)
    if (found.has(path)) throw new Error(`${path} would be both ${found.get(path)} and ${source}`)
    found.set(path, source)
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
      LOCK.packages[source]!
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      if (peerDependenciesMeta?.[name]?.optional) continue
      const dependency = locate(name, source)
      // Optional ones are there for some machines only.
      if (dependency !== undefined) visit(dependency)
      else if (dependencies?.[name]) throw new Error(`${source} misses ${name}`)
    }
  }
  for (const name of [program.package, ...(program.with ?? [])]) visit(`node_modules/${name}`)
  return found
}

/** Where Node finds a package from another one's directory. */
function locate(name: string, from: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (LOCK.packages[candidate] && isDirectory(candidate)) return candidate
    if (at === '') return undefined
  }
}

function isDirectory(path: string): boolean {
  try {
    return lstatSync(`${INSTALLED}/../${path}`).isDirectory()
  } catch {
    return false
  }
}

/** A package installed under another name gets its own. */
function pathInZip(source: string): string {
  const [, first, rest] = /^node_modules\/((?:@[^/]+\/)?[^/]+)(.*)$/.exec(source)!
  return `node_modules/${LOCK.packages[`node_modules/${first}`]?.name ?? first}${rest}`
}

/** A package's own files, without the packages in it: those are listed themselves. */
function addDirectory(entries: WrittenEntry[], path: string, source: string): void {
  for (const entry of readdirSync(source, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue
    if (entry.isDirectory()) addDirectory(entries, `${path}/${entry.name}`, `${source}/${entry.name}`)
    else if (entry.isFile()) {
      entries.push({ name: `${path}/${entry.name}`, content: readFileSync(`${source}/${entry.name}`) })
    }
  }
}
