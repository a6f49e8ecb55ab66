import { dynamicImports } from './lex-modules.ts'
import { namedExports } from './named-exports.ts'
import { PARAMETERS, WRAPPED, WRAPPER_END, WRAPPER_START } from './wrapper-text.ts'

/**
 * Wraps a CommonJS file into a script that defines its function, followed by what an ES module that imports it
 * has to know: the names it exports, and the modules whose names it exports too.
 *
 * `import()` is replaced: Workers would look for the module in the bundle, by its exact path.
 */
export function wrapCommonJs(source: string): Iterable<string> {
  const { names, reexports } = namedExports(source)
  let end = WRAPPER_END
  if (names.length > 0) end += `module.exports.n=${JSON.stringify(names.join('\n'))};`
  if (reexports.length > 0) end += `module.exports.r=${JSON.stringify(reexports)};`
  const body = source.startsWith('#!') ? `//${source.slice(2)}` : source
  const dynamic = dynamicImports(source)
  if (dynamic.length === 0) return [WRAPPER_START, body, end]
  let name = '$w'
  while (source.includes(name)) name += '$'
  const start = `${WRAPPED}(function(${PARAMETERS},${name}){`
  const pieces = [start]
  let at = 0
  for (const position of dynamic) {
    pieces.push(body.slice(at, position), name)
    at = position + 'import'.length
  }
  pieces.push(body.slice(at), `${end}module.exports.o=${start.length};`)
  return pieces
}
