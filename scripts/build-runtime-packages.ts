// Makes the packages that functions find without bringing them, as Lambda's Node runtimes have the AWS SDK:
//
//   node scripts/build-runtime-packages.ts
//
// Installs src/functions/runtime/provided/package.json, whose version is the SDK's release, by its lock file into a
// temporary folder and writes packages.bin and packages.generated.ts beside it. To move to another release: change
// the versions, `npm install --package-lock-only` there, run this.
//
// The SDK's builds for Node are one CommonJS file a package already, so packages stay what they are, files that
// require one another, only smaller: a function gets the files that its own need, and every class exists once.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { transform } from 'esbuild'
import { hasModuleSyntax } from '../src/functions/prepare/lex-modules.ts'
import { namedExports } from '../src/functions/prepare/named-exports.ts'
import { wrapCommonJs } from '../src/functions/prepare/wrap-commonjs.ts'
import type { PackedFile, PackedHeader } from '../src/functions/runtime/provided/packed-files.ts'

const PROVIDED = new URL('../src/functions/runtime/provided/', import.meta.url).pathname

/** Required where they are missing by design: parts of the SDK that have to be installed to be used. */
const OPTIONAL = new Set(['@aws-sdk/signature-v4-crt', '@aws-sdk/signature-v4a'])

/** What has to be otherwise in an isolate, added to the end of a file. */
const ADDED: Readonly<Record<string, string>> = {
  // An isolate's HTTP is fetch, which has no HTTP/2 sessions; the Kinesis client asks for them.
  '@smithy/node-http-handler/dist-cjs/index.js':
    'exports.NodeHttp2Handler = class NodeHttp2Handler extends NodeHttpHandler {' +
    ' static create(given) { return typeof given?.handle === "function" ? given : new NodeHttp2Handler(given) } };',
}

interface PackageDescription {
  readonly name: string
  readonly version: string
  readonly main?: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly license?: string
}

interface Source {
  readonly path: string
  readonly kind: 'cjs' | 'json'
  readonly text: string
  readonly needs: string[]
}

class Collection {
  readonly #modules: string
  readonly #sources = new Map<string, Source>()

  constructor(modules: string) {
    this.#modules = modules
  }

  get sources(): Source[] {
    return [...this.#sources.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** All that a package lets others require, with what that needs; the paths of the former. */
  add(name: string): string[] {
    const { exports, main } = this.#description(name)
    const specifiers = exports
      ? subpathsOf(exports)
          .filter(subpath => !subpath.endsWith('.json'))
          .map(subpath => name + subpath.slice(1))
      : [name]
    // Types alone.
    if (!exports && main === '') return [this.#describe(name)]
    return specifiers.map(specifier => this.#file(this.#resolve(specifier, join(this.#modules, 'x.js'))))
  }

  #file(file: string): string {
    const path = relative(this.#modules, file)
    if (this.#sources.has(path)) return path
    if (path.startsWith('..')) throw new Error(`${file} is not in a package`)
    const text = readFileSync(file, 'utf8')
    const needs: string[] = []
    this.#sources.set(path, { path, kind: path.endsWith('.json') ? 'json' : 'cjs', text, needs })
    needs.push(this.#describe(packageOf(path)))
    if (path.endsWith('.json')) return path
    if (hasModuleSyntax(text)) throw new Error(`${path} is an ES module`)
    for (const [, specifier] of text.matchAll(/\b(?:require|import)\s*\(\s*["']([^"']+)["']\s*\)/g)) {
      if (isBuiltin(specifier!) || OPTIONAL.has(specifier!)) continue
      const needed = this.#file(this.#resolve(specifier!, file))
      if (!needs.includes(needed)) needs.push(needed)
    }
    return path
  }

  /** A package.json of what resolution asks for, which leads every way of asking to the build for Node. */
  #describe(directory: string): string {
    const path = `${directory}/package.json`
    if (this.#sources.has(path)) return path
    const { name, version, exports, main } = this.#description(directory)
    const kept: Record<string, unknown> = { name, version }
    if (exports) {
      kept.exports = Object.fromEntries(
        subpathsOf(exports).map(subpath => [subpath, this.#target(directory, name, subpath)]),
      )
    } else if (main) kept.main = main
    this.#sources.set(path, { path, kind: 'json', text: JSON.stringify(kept), needs: [] })
    return path
  }

  #target(directory: string, name: string, subpath: string): string {
    const root = join(this.#modules, directory)
    const file = this.#resolve(name + subpath.slice(1), join(root, 'x.js'))
    return `./${relative(root, file)}`
  }

  #description(directory: string): PackageDescription {
    return JSON.parse(readFileSync(join(this.#modules, directory, 'package.json'), 'utf8'))
  }

  #resolve(specifier: string, from: string): string {
    return realpathSync(createRequire(from).resolve(specifier))
  }
}

/** Of single files; without a list of them there is `.` alone. */
const subpathsOf = (exports: object): string[] => {
  const subpaths = Object.keys(exports).filter(key => key.startsWith('.') && !/[*]|\/$/.test(key))
  return subpaths.length > 0 ? subpaths : ['.']
}

/** `@aws-crypto/util/node_modules/@smithy/util-utf8/dist-cjs/index.js` → `@aws-crypto/util/node_modules/@smithy/util-utf8` */
const packageOf = (path: string): string => /^(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)![0]

/** A file as the loader gets it. */
async function moduleText({ path, kind, text }: Source): Promise<string> {
  if (kind === 'json') return text
  const { code } = await transform(text + (ADDED[path] ?? ''), {
    // Names at top level stay, as esbuild takes them for globals: instrumentation reads those of classes.
    minify: true,
    platform: 'node',
    target: 'es2024',
    // One byte a character in memory.
    charset: 'ascii',
    legalComments: 'none',
  })
  const wrapped = [...wrapCommonJs(code)].join('')
  // What ES modules may import is found by the look of statements, which minifying may change.
  const found = namedExports(text)
  return JSON.stringify(found) === JSON.stringify(namedExports(code))
    ? wrapped
    : `${wrapped}module.exports.n=${JSON.stringify(found.names.join('\n'))};module.exports.r=${JSON.stringify(found.reexports)};`
}

function pack(header: PackedHeader, files: readonly Uint8Array[]): Uint8Array {
  const packedHeader = deflateRawSync(JSON.stringify(header), { level: 9 })
  const length = Buffer.alloc(4)
  length.writeUInt32LE(packedHeader.length)
  return Buffer.concat([length, packedHeader, ...files])
}

/** Licences ask to be passed on with what they cover. Most are the one that stands in LICENSE already. */
function licences(modules: string, directories: Iterable<string>): string {
  const packagesOf = new Map<string, Set<string>>()
  for (const directory of directories) {
    const { name, version, license } = JSON.parse(
      readFileSync(join(modules, directory, 'package.json'), 'utf8'),
    ) as PackageDescription
    const own = license === 'Apache-2.0' ? undefined : fileOf(join(modules, directory), /^licen[cs]e/i)
    const notice = fileOf(join(modules, directory), /^notice/i)
    const text = [own ?? `${license}\n`, ...(notice === undefined ? [] : [notice])].join('\n')
    packagesOf.set(text, (packagesOf.get(text) ?? new Set()).add(`${name} ${version}`))
  }
  return [...packagesOf]
    .map(([text, names]) => `${[...names].sort().join('\n')}\n\n${text.trim()}\n`)
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function fileOf(directory: string, name: RegExp): string | undefined {
  const found = readdirSync(directory).find(entry => name.test(entry))
  return found && readFileSync(join(directory, found), 'utf8').replaceAll('\r\n', '\n')
}

async function build(): Promise<void> {
  const { version, dependencies } = JSON.parse(readFileSync(join(PROVIDED, 'package.json'), 'utf8')) as {
    version: string
    dependencies: Record<string, string>
  }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-packages-')))
  try {
    for (const name of ['package.json', 'package-lock.json']) {
      copyFileSync(join(PROVIDED, name), join(folder, name))
    }
    const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    execFileSync('npm', install, { cwd: folder, stdio: 'inherit' })
    const modules = join(folder, 'node_modules')
    const collection = new Collection(modules)
    const entries = Object.keys(dependencies).map(name => [name, collection.add(name)] as const)
    const { sources } = collection
    const numberOf = new Map(sources.map(({ path }, at) => [path, at]))
    const numbers = (paths: readonly string[]) => paths.map(path => numberOf.get(path)!)
    const files: PackedFile[] = []
    const packed: Uint8Array[] = []
    for (const source of sources) {
      const text = Buffer.from(await moduleText(source))
      const bytes = deflateRawSync(text, { level: 9 })
      packed.push(bytes)
      const { path, kind, needs } = source
      files.push({ path, kind, packed: bytes.length, size: text.length, needs: numbers(needs) })
    }
    const packages = Object.fromEntries(entries.map(([name, paths]) => [name, numbers(paths)]))
    const binary = pack({ packages, files }, packed)
    const hash = createHash('sha256').update(binary).digest('hex').slice(0, 16)
    writeFileSync(join(PROVIDED, 'packages.bin'), binary)
    writeFileSync(
      join(PROVIDED, 'packages.generated.ts'),
      '// Made by scripts/build-runtime-packages.ts out of package.json. Do not edit.\n' +
        `export const SDK_RELEASE = '${version}'\n` +
        `export const PROVIDED_VERSION = '${hash}'\n` +
        `export const PROVIDED_PACKAGES: ReadonlySet<string> = new Set(${JSON.stringify(Object.keys(dependencies))})\n`,
    )
    writeFileSync(
      join(PROVIDED, 'LICENSES.txt'),
      licences(modules, new Set(sources.map(({ path }) => packageOf(path)))),
    )
    const size = files.reduce((sum, file) => sum + file.size, 0)
    console.log(`${files.length} files of ${size} bytes, packed ${binary.length}: AWS SDK ${version}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) await build()
