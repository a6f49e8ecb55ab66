/**
 * The form of packages.bin: four bytes with the length of what follows them, little-endian; a {@link PackedHeader} as
 * JSON; and the files one after the other in its order. Header and files are deflated each for itself, so that a
 * function's part is all that is ever unpacked.
 */
export interface PackedHeader {
  /** What a package's name stands for: its files in `files`. */
  readonly packages: Readonly<Record<string, readonly number[]>>
  readonly files: readonly PackedFile[]
}

export interface PackedFile {
  /** Below a node_modules directory: `@smithy/core/dist-cjs/index.js` */
  readonly path: string
  /** `cjs`: wrapped, as prepare/ wraps an upload's. */
  readonly kind: 'cjs' | 'json'
  /** Bytes packed and unpacked. */
  readonly packed: number
  readonly size: number
  /** The files that this one requires, wherever it does, and its own package.json. */
  readonly needs: readonly number[]
}
