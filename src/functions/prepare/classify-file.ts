/** What a path alone says about a file of a package. */
export type FileRole =
  /** `.mjs`, or `.js` under `"type": "module"`. */
  | 'module'
  /** `.cjs`, or `.js` under `"type": "commonjs"`. */
  | 'commonjs'
  /** `.js` without a `type`: Node looks at the text. */
  | 'script'
  /** No extension: a command's script, or data. */
  | 'bare'
  | 'json'
  | 'addon'
  | 'data'
  /** Never needed at run time; left out. */
  | 'unused'

export type PackageType = 'module' | 'commonjs' | undefined

/**
 * In packages under node_modules, what only compilers, debuggers and readers use: often half of an upload. Node
 * itself refuses to run TypeScript there (ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING).
 */
const UNUSED = /\.(?:[cm]?tsx?|map|md|markdown|flow|tsbuildinfo)$/i

/** `packageTypes`: the `type` of each package.json by its directory, '' for the root. */
export function classifyFile(path: string, packageTypes: ReadonlyMap<string, PackageType>): FileRole {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const extension = dot < 0 ? '' : name.slice(dot)
  switch (extension) {
    case '.mjs':
      return 'module'
    case '.cjs':
      return 'commonjs'
    case '.json':
      return 'json'
    case '.node':
      return 'addon'
    case '.js':
      return packageTypeOf(path, packageTypes) ?? 'script'
    case '':
      // LICENSE, README, Makefile
      return /^[A-Z]/.test(name) ? 'data' : 'bare'
    default:
      return isUnused(path) ? 'unused' : 'data'
  }
}

/** Whether a file is left out, by its path alone. */
export const isUnused = (path: string): boolean => isInstalled(path) && UNUSED.test(path)

/** Whether a file belongs to an installed package, not to the function's own code. */
export const isInstalled = (path: string): boolean => /(?:^|\/)node_modules\//.test(path)

/** The `type` of the nearest package.json; a node_modules directory ends the search. */
function packageTypeOf(path: string, packageTypes: ReadonlyMap<string, PackageType>): PackageType {
  let directory = path
  for (;;) {
    const slash = directory.lastIndexOf('/')
    directory = slash < 0 ? '' : directory.slice(0, slash)
    if (directory === 'node_modules' || directory.endsWith('/node_modules')) return undefined
    if (packageTypes.has(directory)) return packageTypes.get(directory)
    if (directory === '') return undefined
  }
}
