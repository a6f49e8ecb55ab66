/** What a file of a function's package is to the loader. */
export type FileKind =
  /** CommonJS, wrapped; see wrap-commonjs.ts. */
  | 'cjs'
  /** ES module, converted; see convert-es-module.ts. */
  | 'esm'
  /** JSON as it was uploaded; parsed when it is required. */
  | 'json'
  /** Any other file as it was uploaded: code finds it through `fs`. */
  | 'data'

/**
 * `[path, kind, bytes in the archive]`; files follow one another in the archive in the order of the index.
 * WebAssembly has entries of its own, under `../wasm/` (extract-wasm.ts).
 */
export type ArchivedFile = [path: string, kind: FileKind, bytes: number]

/**
 * Describes a prepared package. Stored as JSON beside the archive; paths are relative to the package's root,
 * `/`-separated.
 */
export interface ArchiveIndex {
  format: 1
  files: ArchivedFile[]
  /** Symbolic links inside the package: the link's path and the path it stands for. */
  links: [path: string, target: string][]
  /** Files that exist, but cannot be loaded; requiring one gives the message. */
  refused: [path: string, reason: Refusal][]
  /**
   * Where a script does not parse. A file that is never required may be broken, as test fixtures are, so this is
   * said only when it is.
   */
  syntaxErrors: [path: string, message: string, line: number, column: number][]
  /** Packages that are named by an `import` or a `require` and are not in the archive: `@aws-sdk/client-s3`. */
  missingPackages: string[]
  /** Some script has `Function(` or `eval(` in it. */
  makesCode: boolean
}

/** Why a file cannot be loaded. */
export type Refusal =
  /** Machine code (`.node`). */
  | 'native-addon'
  /** An ES module that does not parse, so that it could not be converted; its error is in `syntaxErrors`. */
  | 'syntax'
  /** An ES module too large to convert in an isolate's memory. */
  | 'too-large'
