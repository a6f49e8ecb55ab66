import { parse } from 'es-module-lexer/minimal/js'
import { collectReferences } from './collect-references.ts'

/**
 * The lexer copies a text into a buffer that it keeps, at two bytes a character. Longer ones are parsed, which
 * takes ten times as long and no memory.
 */
const LEXED = 2 * 1024 * 1024

/** What the lexer keeps at most. */
export const LEXER_BYTES = 3 * LEXED

/**
 * Whether a script can only be an ES module. Node tries such a file as CommonJS first, which fails exactly when
 * there is an `import`, an `export` or an `import.meta` in it:
 * https://nodejs.org/docs/latest-v22.x/api/packages.html#syntax-detection
 */
export function hasModuleSyntax(source: string): boolean {
  if (!/\b(?:import|export)\b/.test(source)) return false
  try {
    if (source.length > LEXED) {
      const { statements, metas } = collectReferences(source, 'module')
      return statements.length > 0 || metas.length > 0
    }
    const [imports, exports] = parse(source)
    return exports.length > 0 || imports.some(({ d }) => d < 0)
  } catch {
    return false
  }
}

/** Where the keyword of each `import()` of a CommonJS file begins. */
export function dynamicImports(source: string): number[] {
  if (!/\bimport\s*[(/]/.test(source)) return []
  try {
    if (source.length > LEXED) return collectReferences(source, 'commonjs').dynamicImports
    const [imports] = parse(source)
    return imports.filter(({ d }) => d >= 0).map(({ ss }) => ss)
  } catch {
    // Not JavaScript that Node could run either; it says so when the file is required.
    return []
  }
}
