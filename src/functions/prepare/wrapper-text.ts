/** Node's own wrapper, which gives a CommonJS file its five names and leaves it sloppy unless it says otherwise. */
export const PARAMETERS = 'exports,require,module,__filename,__dirname'

/** What precedes the function of any file. */
export const WRAPPED = 'var __wrapped;__wrapped='

/**
 * What precedes a CommonJS file. It is on the file's first line, so line numbers do not change. The bracket before
 * `function` makes V8 compile the body at once instead of skimming it first; the variable keeps it from calling the
 * functions inside `module.exports.exports.handler` in stack traces.
 */
export const WRAPPER_START = `${WRAPPED}(function(${PARAMETERS}){`

/** Marks where a wrapped file's own text ends. */
export const END_OF_SOURCE = '/*end of file*/'

export const WRAPPER_END = `\n});module.exports=__wrapped;${END_OF_SOURCE}`

/** Finds the file's own text in what {@link WRAPPER_START} and {@link WRAPPER_END} made of it. */
export function unwrap(text: string): string {
  const start = text.indexOf('{') + 1
  const end = text.lastIndexOf(WRAPPER_END)
  return end < 0 ? text : text.slice(start, end)
}
