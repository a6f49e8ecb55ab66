// The package's `import` condition leads to a build that compiles WebAssembly from bytes, which Workers forbid;
// its plain JavaScript build has no name of its own.
import { parse } from '../../../node_modules/cjs-module-lexer/lexer.js'

export interface NamedExports {
  names: string[]
  /** Specifiers of modules whose names are exported too. */
  reexports: string[]
}

/** The names that Node lets ES modules import from a CommonJS file, found without running it, as Node finds them. */
export function namedExports(source: string): NamedExports {
  // Without one of these there is nothing to find: most files are told by a search that is ten times as fast.
  if (!/exports|__esModule/.test(source)) return NONE
  try {
    const { exports, reexports } = parse(source)
    return { names: exports.filter(name => name !== 'default'), reexports }
  } catch {
    return NONE
  }
}

const NONE: NamedExports = { names: [], reexports: [] }
