import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import { encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { convertEsModule } from '../../../src/functions/prepare/convert-es-module.ts'
import { wrapCommonJs } from '../../../src/functions/prepare/wrap-commonjs.ts'
import { WRAPPER_START } from '../../../src/functions/prepare/wrapper-text.ts'
import { OriginalPositions } from '../../../src/functions/runtime/shim/original-positions.ts'
import { PackageFiles, type Wrapper } from '../../../src/functions/runtime/shim/package-files.ts'
import { SourceMap } from '../../../src/functions/runtime/shim/source-map.ts'
import { buildHandlers } from '../../fixtures/source-maps/build.ts'

test('the bundled handlers are those that their sources make', async () => {
  const built = await buildHandlers()
  const root = new URL('../../fixtures/source-maps/', import.meta.url).pathname
  for (const path in built) expect([path, readFileSync(root + path, 'utf8')]).toEqual([path, built[path]])
})

/** The place of each marker, `u1`, `u2` and so on: line and column from 1. */
function markersOf(text: string): Map<string, [line: number, column: number]> {
  const markers = new Map<string, [number, number]>()
  text.split('\n').forEach((line, at) => {
    for (const match of line.matchAll(/\bu\d+\b/g)) markers.set(match[0], [at + 1, match.index + 1])
  })
  return markers
}

/** Prepares a file and asks where its markers were in it. */
function restoredColumns(source: string, kind: 'm' | 'c') {
  const pieces = kind === 'm' ? convertEsModule(source).pieces : wrapCommonJs(source)
  const text = [...pieces].join('')
  const module = { exports: {} as Wrapper }
  compileFunction(text, ['module'])(module)
  const require = (name: string) => (name === 'node:fs' ? { readFileSync: () => text } : module.exports)
  const manifest = {
    handler: '',
    files: { '/var/task/i': kind },
    links: [],
    syntaxErrors: {},
    shared: false,
    makesCode: false,
  }
  const positions = new OriginalPositions(new PackageFiles(manifest, require), require)
  const added = module.exports.o ?? WRAPPER_START.length
  const found = new Map<string, [number, number]>()
  for (const [marker, [line, column]] of markersOf(text)) {
    found.set(marker, [line, positions.column('/var/task/i', line, line === 1 ? column - added : column)])
  }
  return found
}

const MODULES: [what: string, source: string][] = [
  ['plain uses', `import { a, b } from 'x'; u1; a; u2; [b, a, u3]\nu4; b.c(u5)`],
  ['calls', `import { f } from 'x'; f(u1); g(f(u2), u3)\nf(u4)\nf\`\${u5}\`; new f(u6); f?.(u7); u8`],
  ['calls in brackets that were there', `import { f } from 'x'\n;(0, f)(u1); u2`],
  ['shorthand properties', `import { a, b as c } from 'x'; x = { a, u1, c, u2: c, b: c, u3 }; u4`],
  ['other names than exported', `import d, { a as longer, b as s } from 'x'; d(longer, u1, s, u2); s(d); u3`],
  ['the same import twice', `import { a } from 'x'; import { a as b } from 'y'; a(b, u1); b(a, u2)`],
  ['names that are no identifiers', `import { 'a b' as a, default as d } from 'x'; a(u1); d(a, u2)`],
  ['namespaces, which stay', `import * as n from 'x'; n.a(u1); u2`],
  [
    'minified',
    `import{a as e,b as t}from"x";import n from"y";var r={u1,a:e,b:t(n,u2)};for(let o of n)t(o,u3);e(u4),n(u5)`,
  ],
  ['import() and import.meta', `import('x'); u1; import.meta.url; u2; (import.meta)(import(u3), u4)`],
  ['default exports', `import { a } from 'x'\nexport default { u1, a, u2 }\nu3`],
  ['a default function', `import { a } from 'x'\nexport default function (b, u1) { a(u2); return u3 }`],
  ['names that look like added ones', `import { a } from 'x'; $w0 = $wm; a($w1, u1); u2`],
  ['line ends of all kinds', `import { a } from 'x'; a(u1)\r\na(u2); u3\na(a, u4)`],
]

test.each(MODULES)('columns of ES modules are restored: %s', (_, source) => {
  const expected = markersOf(source)
  expect(expected.size).toBeGreaterThan(0)
  const found = restoredColumns(source, 'm')
  for (const [marker, place] of expected) expect([marker, found.get(marker)]).toEqual([marker, place])
})

test('columns of CommonJS with import() are restored', () => {
  const source = `import('a'); u1; import(u2).then(() => import('b'), u3)\nu4; import('c'); u5`
  const found = restoredColumns(source, 'c')
  for (const [marker, place] of markersOf(source))
    expect([marker, found.get(marker)]).toEqual([marker, place])
})

/** Steps between positions as bundlers have them: many on a line, sources near each other, few names. */
const steps = fc.array(
  fc.record({
    newLines: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 2),
    column: fc.integer({ min: 0, max: 40 }),
    fields: fc.constantFrom(1, 4, 4, 4, 5),
    source: fc.integer({ min: 0, max: 9 }),
    line: fc.integer({ min: 0, max: 3000 }),
    sourceColumn: fc.integer({ min: 0, max: 120 }),
    name: fc.integer({ min: 0, max: 49 }),
  }),
  { minLength: 1, maxLength: 400, size: 'max' },
)

test('a map of many parts tells what a list of its positions does', () => {
  const names = Array.from({ length: 50 }, (_, at) => `name${at}`)
  const sources = Array.from({ length: 10 }, (_, at) => `../src/${at}.ts`)
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 30 }),
      fc.infiniteStream(fc.nat()),
      (given, repeats, random) => {
        // Repeated, so that the mappings are longer than what is decoded together.
        const lines: SourceMapSegment[][] = [[]]
        for (const step of Array.from({ length: repeats }, () => given).flat()) {
          for (let at = 0; at < step.newLines; at++) lines.push([])
          const column = (lines.at(-1)!.at(-1)?.[0] ?? -1) + 1 + step.column
          const segment = [column, step.source, step.line, step.sourceColumn, step.name].slice(0, step.fields)
          lines.at(-1)!.push(segment as SourceMapSegment)
        }
        const mappings = encode(lines)
        const map = new SourceMap(
          JSON.stringify({ version: 3, mappings, names, sources }),
          'file:///var/task/i.js.map',
        )
        const ask = (line: number, column: number) => {
          const found = lines[line]?.findLast(([at]) => at <= column)
          const expected =
            found && found.length > 1
              ? {
                  source: `file:///var/src/${found[1]}.ts`,
                  line: found[2],
                  column: found[3],
                  name: found.length === 5 ? `name${found[4]}` : undefined,
                }
              : undefined
          expect(map.find(line, column)).toEqual(expected)
        }
        const numbers = () => random.next().value as number
        for (let at = 0; at < 60; at++) {
          const line = numbers() % (lines.length + 1)
          const last = lines[line]?.at(-1)?.[0] ?? 0
          ask(line, numbers() % (last + 2))
        }
      },
    ),
    { numRuns: 60, endOnFailure: true },
  )
})
