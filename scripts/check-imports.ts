import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brokenRule } from './import-rules.ts'

export interface Import {
  readonly specifier: string
  /** Nothing of it is left after the types are stripped. */
  readonly asType: boolean
  /** From 1. */
  readonly line: number
}

export interface Breach {
  readonly file: string
  readonly line: number
  readonly imports: string
  readonly sentence: string
}

// Statements start at the margin (Biome sees to that), so what looks like one in a string or comment does not count.
const STATEMENT =
  /^(?:import|export)\s+(?<type>type\s)?(?<names>[^'";=]*?)\s*from\s*(['"])(?<specifier>.+?)\3/gm
const SIDE_EFFECT = /^import\s*(['"])(?<specifier>.+?)\1/gm
const CALL = /\bimport\(\s*(['"])(?<specifier>.+?)\1\s*\)(?<member>\s*\.\s*[A-Z])?/g

/** All imports and re-exports of a TypeScript module. */
export function importsOf(source: string): Import[] {
  const found = (
    pattern: RegExp,
    asType: (groups: Record<string, string | undefined>) => boolean,
  ): Import[] =>
    [...source.matchAll(pattern)].map(match => ({
      specifier: match.groups!.specifier!,
      asType: asType(match.groups!),
      line: source.slice(0, match.index).split('\n').length,
    }))
  return [
    ...found(STATEMENT, ({ type, names }) => Boolean(type) || namesTypesOnly(names ?? '')),
    ...found(SIDE_EFFECT, () => false),
    // `import('./x.ts').Name` in a type, `await import('./x.ts')` in code.
    ...found(CALL, ({ member }) => Boolean(member)),
  ]
}

/** `{ type A, type B }`, without a default import before it. */
function namesTypesOnly(names: string): boolean {
  const inner = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1]
  const all = inner
    ?.split(',')
    .map(name => name.trim())
    .filter(Boolean)
  return Boolean(all?.length) && all!.every(name => name.startsWith('type '))
}

/** Walks the product's files below `root`. Packages are nobody's layer and may be imported from anywhere. */
export function breaches(root: string): Breach[] {
  const files = globSync('{src,durable-objects,cli}/**/*.ts', { cwd: root })
    .map(file => file.replaceAll('\\', '/'))
    .sort()
  return files.flatMap(file =>
    importsOf(readFileSync(join(root, file), 'utf8')).flatMap(({ specifier, asType, line }) => {
      if (!specifier.startsWith('.')) return []
      const imports = normalize(join(dirname(file), specifier)).replaceAll('\\', '/')
      // The types of a package, by path, where it does not export them.
      if (imports.startsWith('node_modules/')) return []
      const sentence = brokenRule(file, imports, asType)
      return sentence ? [{ file, line, imports, sentence }] : []
    }),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = breaches(join(import.meta.dirname, '..'))
  for (const { file, line, imports, sentence } of found) {
    console.error(`${file}:${line} imports ${imports}\n  ${sentence}`)
  }
  if (found.length > 0) process.exitCode = 1
  else console.log('Imports point the right way.')
}
