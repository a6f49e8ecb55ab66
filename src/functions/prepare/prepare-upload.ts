import { isBuiltin } from 'node:module'
import type { ArchiveIndex, FileKind } from './archive-index.ts'
import { BytesHeld } from './bytes-held.ts'
import { classifyFile, type FileRole, isInstalled, isUnused, type PackageType } from './classify-file.ts'
import { collectReferences, TooManyReferences } from './collect-references.ts'
import { type ConvertedModule, convertEsModule } from './convert-es-module.ts'
import { isWasm, WASM_ROOT, wasmIn, wasmKey } from './extract-wasm.ts'
import { hasModuleSyntax, LEXER_BYTES } from './lex-modules.ts'
import { readZip, unpack, unpackInPieces, type ZipEntry, type ZipFault } from './read-zip.ts'
import { wrapCommonJs } from './wrap-commonjs.ts'
import { WRAPPER_END, WRAPPER_START } from './wrapper-text.ts'

/** Names the form of archives and indexes. Code prepared under another name has to be prepared again. */
export const PREPARATION = 'p3'

/** Takes the archive piece by piece, in order. A piece is not to be used after the promise settles. */
export interface ModuleSink {
  write(chunk: Uint8Array): Promise<void>
}

export interface UploadLimits {
  zippedBytes: number
  /** All files together, without those that are left out because nothing at run time needs them. */
  unpackedBytes: number
  /** All files together. */
  listedBytes: number
  entries: number
}

/** What an isolate of 128 MB can take: Lambda's own limits are 50 MB and 250 MB. */
export const UPLOAD_LIMITS: UploadLimits = {
  zippedBytes: 20 * 1024 * 1024,
  unpackedBytes: 60 * 1024 * 1024,
  listedBytes: 250 * 1024 * 1024,
  entries: 20_000,
}

export type PreparedUpload =
  | { ok: true; index: ArchiveIndex; unpackedBytes: number }
  | {
      ok: false
      code: 'InvalidParameterValueException' | 'RequestEntityTooLargeException'
      message: string
      /** For the log. */
      cause: string
    }

/**
 * Turns an uploaded package into modules for the loader: checks the zip, decides what each file is to Node, wraps
 * or converts scripts, and writes them one after the other to the sink. Returns where they lie.
 *
 * Beside the zip it holds one file at a time, and of files above {@link WHOLE_BYTES} only a piece: `held` counts it.
 * Refusals are values; what is thrown comes from the sink.
 */
export async function prepareUpload(
  zip: Uint8Array,
  sink: ModuleSink,
  { limits = UPLOAD_LIMITS, held = new BytesHeld() }: { limits?: UploadLimits; held?: BytesHeld } = {},
): Promise<PreparedUpload> {
  if (zip.length > limits.zippedBytes) {
    return {
      ok: false,
      code: 'RequestEntityTooLargeException',
      message: `Zipped size must be smaller than ${limits.zippedBytes} bytes`,
      cause: `${zip.length} bytes`,
    }
  }
  const directory = readZip(zip, { entries: limits.entries, unpackedBytes: limits.listedBytes })
  if (!directory.ok) return refuse(directory.reason, directory.cause, limits)
  const needed = directory.entries.reduce((sum, { path, size }) => sum + (isUnused(path) ? 0 : size), 0)
  if (needed > limits.unpackedBytes) return refuse('too-large', `${needed} bytes are needed`, limits)
  const standing = zip.length + LEXER_BYTES
  held.add(standing)
  const output = new Output(sink, held)
  try {
    return await new Preparation(zip, directory.entries, output, held).run()
  } catch (error) {
    if (error instanceof Corrupt) return refuse('invalid', `${error.message} does not unpack`, limits)
    throw error
  } finally {
    output.close()
    held.release(standing)
  }
}

/** AWS's own sentences: https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html */
function refuse(reason: ZipFault, cause: string, limits: UploadLimits): PreparedUpload {
  const message = {
    empty: 'Uploaded file must be a non-empty zip',
    'too-large': `Unzipped size must be smaller than ${limits.unpackedBytes} bytes`,
    invalid: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
  }[reason]
  return { ok: false, code: 'InvalidParameterValueException', message, cause }
}

/** The path of a file that does not unpack to what the directory says. */
class Corrupt extends Error {}

/**
 * Above this a file is not looked into, only copied: the zip, a file and its text, at two bytes a character, have
 * to be in memory together.
 */
export const WHOLE_BYTES = 10 * 1024 * 1024

/** Own CommonJS that is checked for syntax at upload, to be able to name the line; the lexers alone do not. */
const CHECKED_BYTES = 8 * 1024 * 1024

const PACKAGE_JSON_BYTES = 1024 * 1024

class Preparation {
  readonly #zip: Uint8Array
  readonly #entries: ZipEntry[]
  readonly #output: Output
  readonly #held: BytesHeld
  readonly #packageTypes = new Map<string, PackageType>()
  readonly #presentPackages = new Set<string>()
  readonly #namedPackages = new Set<string>()
  readonly #wasm = new Set<string>()
  #leftToCheck = CHECKED_BYTES
  #unpackedBytes = 0
  readonly #index: ArchiveIndex = {
    format: 1,
    files: [],
    links: [],
    refused: [],
    syntaxErrors: [],
    missingPackages: [],
    makesCode: false,
  }

  constructor(zip: Uint8Array, entries: ZipEntry[], output: Output, held: BytesHeld) {
    this.#zip = zip
    this.#entries = entries
    this.#output = output
    this.#held = held
  }

  async run(): Promise<PreparedUpload> {
    for (const entry of this.#entries) this.#survey(entry)
    for (const entry of this.#entries) {
      this.#unpackedBytes += entry.size
      if (entry.isLink) this.#link(entry)
      else await this.#file(entry)
    }
    await this.#output.flush()
    this.#index.missingPackages = [...this.#namedPackages]
      .filter(name => !this.#presentPackages.has(name) && !isBuiltin(name))
      .sort()
    return { ok: true, index: this.#index, unpackedBytes: this.#unpackedBytes }
  }

  /** What has to be known of all files before the first is written: the packages, and their types. */
  #survey(entry: ZipEntry): void {
    for (const [, name] of entry.path.matchAll(/(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/g)) {
      this.#presentPackages.add(name!)
    }
    if (!/(?:^|\/)package\.json$/.test(entry.path) || entry.isLink || entry.size > PACKAGE_JSON_BYTES) return
    const description = parseObject(this.#text(entry))
    const directory = entry.path.slice(0, Math.max(0, entry.path.length - '/package.json'.length))
    const { type, name } = description
    this.#packageTypes.set(directory, type === 'module' || type === 'commonjs' ? type : undefined)
    if (typeof name === 'string') this.#presentPackages.add(name)
  }

  #link(entry: ZipEntry): void {
    if (entry.size > 4096) return
    const target = resolveLink(entry.path, this.#text(entry))
    if (target !== undefined) this.#index.links.push([entry.path, target])
  }

  async #file(entry: ZipEntry): Promise<void> {
    const role = classifyFile(entry.path, this.#packageTypes)
    if (role === 'unused') return
    if (role === 'addon') {
      this.#index.refused.push([entry.path, 'native-addon'])
      return
    }
    if (role === 'json' || role === 'data') {
      if (entry.path.endsWith('.wasm') && entry.size <= WHOLE_BYTES) await this.#wasmFile(entry)
      await this.#copy(entry, role)
    } else if (entry.size > WHOLE_BYTES) {
      if (role === 'module') this.#index.refused.push([entry.path, 'too-large'])
      else if (role === 'bare') await this.#copy(entry, 'data')
      else await this.#copy(entry, 'cjs', WRAPPER_START, WRAPPER_END)
    } else {
      await this.#script(entry, role)
    }
  }

  async #copy(entry: ZipEntry, kind: FileKind, before = '', after = ''): Promise<void> {
    const from = this.#output.written
    await this.#output.text(before)
    if (!(await unpackInPieces(this.#zip, entry, piece => this.#output.bytes(piece)))) {
      throw new Corrupt(entry.path)
    }
    await this.#output.text(after)
    this.#index.files.push([entry.path, kind, this.#output.written - from])
  }

  async #wasmFile(entry: ZipEntry): Promise<void> {
    this.#held.add(entry.size)
    const bytes = unpack(this.#zip, entry)
    if (!bytes) throw new Corrupt(entry.path)
    if (isWasm(bytes)) await this.#wasmModule(bytes)
    this.#held.release(entry.size)
  }

  /** Beside the file that has it, which stays readable. */
  async #wasmModule(bytes: Uint8Array): Promise<void> {
    const path = WASM_ROOT + wasmKey(bytes)
    if (this.#wasm.has(path)) return
    this.#wasm.add(path)
    await this.#output.bytes(bytes)
    this.#index.files.push([path, 'data', bytes.length])
  }

  async #script(entry: ZipEntry, role: FileRole): Promise<void> {
    const source = this.#text(entry)
    for (const bytes of wasmIn(source)) await this.#wasmModule(bytes)
    if (role === 'bare' && source.includes('\0')) return this.#copy(entry, 'data')
    let bytesHeld = source.length * 2
    this.#held.add(bytesHeld)
    try {
      const isModule = role === 'module' || (role === 'script' && hasModuleSyntax(source))
      this.#notePackages(source)
      this.#index.makesCode ||= /\b(?:Function|eval)\s*\(/.test(source)
      const from = this.#output.written
      if (!isModule) {
        this.#checkSyntax(entry.path, source)
        for (const piece of wrapCommonJs(source)) await this.#output.text(piece)
      } else {
        const converted = this.#convert(entry.path, source)
        if (!converted) return
        this.#held.add(converted.bytesHeld)
        bytesHeld += converted.bytesHeld
        for (const piece of converted.pieces) await this.#output.text(piece)
      }
      this.#index.files.push([entry.path, isModule ? 'esm' : 'cjs', this.#output.written - from])
    } finally {
      this.#held.release(bytesHeld)
    }
  }

  /** Undefined when the file cannot be loaded, which the index then says. */
  #convert(path: string, source: string): ConvertedModule | undefined {
    try {
      const converted = convertEsModule(source)
      for (const specifier of converted.specifiers) this.#notePackage(specifier)
      return converted
    } catch (error) {
      this.#index.refused.push([path, error instanceof TooManyReferences ? 'too-large' : 'syntax'])
      if (!(error instanceof TooManyReferences)) this.#noteSyntaxError(path, error)
      return undefined
    }
  }

  #checkSyntax(path: string, source: string): void {
    if (isInstalled(path) || source.length > this.#leftToCheck) return
    this.#leftToCheck -= source.length
    try {
      collectReferences(source, 'commonjs')
    } catch (error) {
      this.#noteSyntaxError(path, error)
    }
  }

  #noteSyntaxError(path: string, error: unknown): void {
    if (!(error instanceof SyntaxError)) throw error
    const { line, column } = (error as SyntaxError & { loc?: { line: number; column: number } }).loc ?? {
      line: 1,
      column: 0,
    }
    const message = error.message.replace(/ \(\d+:\d+\)$/, '')
    this.#index.syntaxErrors.push([path, message, line, column + 1])
  }

  /** Packages named in `require("x")` and `import("x")`, as far as they are named literally. */
  #notePackages(source: string): void {
    for (const [, specifier] of source.matchAll(/\b(?:require|import)\s*\(\s*["']([^"'\\\n]+)["']\s*\)/g)) {
      this.#notePackage(specifier!)
    }
    // Bundlers give `require` names of their own: `f("@aws-sdk/client-s3")`. These packages need not be in the zip.
    if (!/["']@(?:aws-sdk|aws-crypto|smithy)\//.test(source)) return
    for (const [, specifier] of source.matchAll(
      /\(\s*["'](@(?:aws-sdk|aws-crypto|smithy)\/[^"'\\\n]+)["']\s*\)/g,
    )) {
      this.#notePackage(specifier!)
    }
  }

  #notePackage(specifier: string): void {
    const name = /^(?:@[^/]+\/)?[^./#@:][^/:]*(?=\/|$)/.exec(specifier)?.[0]
    if (name !== undefined) this.#namedPackages.add(name)
  }

  /** A small or medium file's text, without a byte order mark. */
  #text(entry: ZipEntry): string {
    // workerd's zlib doubles its buffer and copies the result.
    const bytes = entry.size * 2
    this.#held.add(bytes)
    try {
      const unpacked = unpack(this.#zip, entry)
      if (!unpacked) throw new Corrupt(entry.path)
      this.#held.add(entry.size)
      const text = new TextDecoder().decode(unpacked)
      this.#held.release(entry.size)
      return text
    } finally {
      this.#held.release(bytes)
    }
  }
}

/** Gathers what is written into pieces of one size, so that the sink is not called for every small file. */
class Output {
  readonly #sink: ModuleSink
  readonly #held: BytesHeld
  readonly #buffer = new Uint8Array(OUTPUT_BYTES)
  readonly #encoder = new TextEncoder()
  #filled = 0
  written = 0

  constructor(sink: ModuleSink, held: BytesHeld) {
    this.#sink = sink
    this.#held = held
    held.add(OUTPUT_BYTES)
  }

  close(): void {
    this.#held.release(OUTPUT_BYTES)
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + OUTPUT_BYTES - this.#filled)
      this.#buffer.set(piece, this.#filled)
      this.#filled += piece.length
      this.written += piece.length
      at += piece.length
      if (this.#filled === OUTPUT_BYTES) await this.flush()
    }
  }

  async text(text: string): Promise<void> {
    for (let at = 0; at < text.length; ) {
      // A character takes at most three bytes a UTF-16 unit, so less than that may not take any.
      if (OUTPUT_BYTES - this.#filled < 4) await this.flush()
      const rest = at === 0 ? text : text.slice(at)
      const { read, written } = this.#encoder.encodeInto(rest, this.#buffer.subarray(this.#filled))
      this.#filled += written
      this.written += written
      at += read
    }
  }

  async flush(): Promise<void> {
    if (this.#filled === 0) return
    await this.#sink.write(this.#buffer.subarray(0, this.#filled))
    this.#filled = 0
  }
}

const OUTPUT_BYTES = 512 * 1024

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The path that a link stands for; undefined when that is outside the package. */
function resolveLink(path: string, target: string): string | undefined {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return undefined
  const segments = path.split('/').slice(0, -1)
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) return undefined
  }
  return segments.length === 0 ? undefined : segments.join('/')
}
