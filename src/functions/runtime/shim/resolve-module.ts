import { exports as resolveExports, imports as resolveImports } from 'resolve.exports'
import { codedError, type PackageFiles } from './package-files.ts'

export type Style = 'require' | 'import'

/**
 * Node's resolution over the uploaded files:
 * https://nodejs.org/docs/latest-v22.x/api/modules.html#all-together
 * https://nodejs.org/docs/latest-v22.x/api/esm.html#resolution-algorithm
 * The two differ in what they try: `require` guesses extensions and directories, `import` takes paths as they are.
 */
export class Resolver {
  readonly #files: PackageFiles
  /** Where packages are looked for after the node_modules directories. */
  readonly #globalPaths: readonly string[]
  readonly #lookupPaths = new Map<string, readonly string[]>()
  readonly #known = new Map<string, string>()

  constructor(files: PackageFiles, globalPaths: readonly string[]) {
    this.#files = files
    this.#globalPaths = globalPaths
  }

  /** The path of a file. `parent` is the absolute path of the file that asks. Throws as Node does. */
  resolve(specifier: string, parent: string, style: Style): string {
    const directory = dirname(parent)
    const key = `${style} ${directory} ${specifier}`
    let path = this.#known.get(key)
    if (path === undefined) {
      path = this.#files.real(
        style === 'require'
          ? this.#require(specifier, directory)
          : this.#import(specifier, parent, directory),
      )
      this.#known.set(key, path)
    }
    return path
  }

  #require(specifier: string, directory: string): string {
    const path = isPath(specifier)
      ? this.#asFileOrDirectory(specifier.startsWith('/') ? normalize(specifier) : join(directory, specifier))
      : specifier.startsWith('#')
        ? this.#packageImport(specifier, directory, 'require')
        : this.#package(specifier, directory, 'require')
    if (path === undefined) {
      throw codedError('MODULE_NOT_FOUND', `Cannot find module '${specifier}'${ofProvided(specifier)}`)
    }
    return path
  }

  #import(specifier: string, parent: string, directory: string): string {
    let target: string | undefined
    if (isPath(specifier) || specifier.startsWith('file:')) {
      target = decodeURIComponent(new URL(specifier, `file://${encodeURI(parent)}`).pathname)
    } else if (specifier.startsWith('#')) {
      target = this.#packageImport(specifier, directory, 'import')
    } else if (/^[a-z][a-z+.-]+:/i.test(specifier)) {
      throw codedError(
        'ERR_UNSUPPORTED_ESM_URL_SCHEME',
        `Only URLs with a scheme in: file and node are supported here. Received protocol '${specifier.slice(0, specifier.indexOf(':') + 1)}'`,
      )
    } else {
      target = this.#package(specifier, directory, 'import')
      if (target === undefined) {
        throw codedError(
          'ERR_MODULE_NOT_FOUND',
          `Cannot find package '${packageName(specifier)[0]}' imported from ${parent}${ofProvided(specifier)}`,
        )
      }
    }
    if (target !== undefined && this.#isFile(target)) return target
    if (target !== undefined && this.#files.isDirectory(this.#files.real(target.replace(/\/$/, '')))) {
      throw codedError(
        'ERR_UNSUPPORTED_DIR_IMPORT',
        `Directory import '${target}' is not supported resolving ES modules imported from ${parent}`,
      )
    }
    throw codedError(
      'ERR_MODULE_NOT_FOUND',
      `Cannot find module '${target ?? specifier}' imported from ${parent}`,
    )
  }

  #isFile(path: string): boolean {
    return this.#files.isFile(path) || this.#files.isFile(this.#files.real(path))
  }

  #asFile(path: string): string | undefined {
    for (const extension of ['', '.js', '.json', '.node']) {
      if (this.#isFile(path + extension)) return path + extension
    }
    return undefined
  }

  #asIndex(directory: string): string | undefined {
    for (const name of ['/index.js', '/index.json', '/index.node']) {
      if (this.#isFile(directory + name)) return directory + name
    }
    return undefined
  }

  #asDirectory(directory: string): string | undefined {
    const main = this.#files.packageJson(this.#files.real(directory))?.main
    if (typeof main === 'string' && main !== '') {
      const path = join(directory, main)
      const found = this.#asFile(path) ?? this.#asIndex(path)
      if (found !== undefined) return found
    }
    return this.#asIndex(directory)
  }

  #asFileOrDirectory(path: string): string | undefined {
    const plain = path.endsWith('/') ? path.slice(0, -1) : path
    return (plain === path ? this.#asFile(path) : undefined) ?? this.#asDirectory(plain)
  }

  #package(specifier: string, directory: string, style: Style): string | undefined {
    const [name, subpath] = packageName(specifier)
    const own = this.#packageScope(directory)
    if (own && own.content.name === name && own.content.exports != null) {
      return this.#packageExport(own.directory, name, subpath, style)
    }
    for (const base of this.lookupPaths(directory)) {
      const root = `${base}/${name}`
      const content = this.#files.packageJson(this.#files.real(root))
      if (content?.exports != null) return this.#packageExport(root, name, subpath, style)
      const found =
        style === 'require'
          ? this.#asFileOrDirectory(root + subpath)
          : subpath === ''
            ? this.#asDirectory(root)
            : content || this.#files.isDirectory(this.#files.real(root))
              ? root + subpath
              : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The directories in which a package is looked for, nearest first. */
  lookupPaths(directory: string): readonly string[] {
    let paths = this.#lookupPaths.get(directory)
    if (!paths) {
      const outer = directory === '/' ? this.#globalPaths : this.lookupPaths(dirname(directory))
      if (directory.endsWith('/node_modules')) paths = outer
      else paths = [directory === '/' ? '/node_modules' : `${directory}/node_modules`, ...outer]
      this.#lookupPaths.set(directory, paths)
    }
    return paths
  }

  #packageExport(directory: string, name: string, subpath: string, style: Style): string {
    const content = this.#files.packageJson(this.#files.real(directory))!
    const path = `${directory}/package.json`
    let target: string | undefined
    try {
      target = resolveExports({ ...content, name } as { name: string }, `.${subpath}`, conditions(style))?.[0]
    } catch (cause) {
      const message =
        subpath === ''
          ? `No "exports" main defined in ${path}`
          : `Package subpath '.${subpath}' is not defined by "exports" in ${path}`
      throw codedError('ERR_PACKAGE_PATH_NOT_EXPORTED', message, Error, { cause })
    }
    return this.#packageTarget(directory, target, style)
  }

  #packageImport(specifier: string, directory: string, style: Style): string {
    const scope = this.#packageScope(directory)
    let target: string | undefined
    try {
      target = scope && resolveImports(scope.content as { name: string }, specifier, conditions(style))?.[0]
    } catch {
      target = undefined
    }
    if (!scope || target === undefined) {
      throw codedError(
        'ERR_PACKAGE_IMPORT_NOT_DEFINED',
        `Package import specifier "${specifier}" is not defined${scope ? ` in package ${scope.directory}/package.json` : ''}`,
        TypeError,
      )
    }
    if (target.startsWith('./')) return this.#packageTarget(scope.directory, target, style)
    const path = this.#package(target, scope.directory, style)
    if (path === undefined) throw codedError('MODULE_NOT_FOUND', `Cannot find module '${target}'`)
    return path
  }

  #packageTarget(directory: string, target: string | undefined, style: Style): string {
    if (
      target === undefined ||
      !target.startsWith('./') ||
      /(?:^|\/)(?:\.\.|node_modules)(?:\/|$)/.test(target)
    ) {
      throw codedError(
        'ERR_INVALID_PACKAGE_TARGET',
        `Invalid "exports" target ${JSON.stringify(target)} defined in the package config ${directory}/package.json`,
      )
    }
    const path = directory + target.slice(1)
    if (style === 'require' && !this.#isFile(path)) {
      throw codedError('MODULE_NOT_FOUND', `Cannot find module '${path}'`)
    }
    return path
  }

  #packageScope(directory: string) {
    for (let at = directory; ; at = dirname(at)) {
      if (at.endsWith('/node_modules')) return undefined
      const content = this.#files.packageJson(at)
      if (content) return { directory: at, content }
      if (at === '/') return undefined
    }
  }
}

/** `module-sync` is what Node 22 adds for both styles; `node-addons` is left out, as with `--no-addons`. */
const conditions = (style: Style) => ({ require: style === 'require', conditions: ['module-sync'] })

export const isPath = (specifier: string): boolean =>
  specifier === '.' || specifier === '..' || /^\.{0,2}\//.test(specifier)

/** Says why a package that Lambda's runtimes bring along may be missing here: see ../provided. */
const ofProvided = (specifier: string): string =>
  /^@(?:aws-sdk|aws-crypto|smithy)\//.test(specifier)
    ? '. The runtime adds packages of the AWS SDK to functions whose code names them literally, ' +
      `as in require('@aws-sdk/client-s3'), and not all of them; what it does not add has to be in the zip`
    : ''

/** `@scope/name/sub/path` → `['@scope/name', '/sub/path']` */
function packageName(specifier: string): [name: string, subpath: string] {
  const [name] = /^(?:@[^/]*\/)?[^/]*/.exec(specifier)!
  return [name, specifier.slice(name.length)]
}

export function dirname(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

export const join = (directory: string, path: string): string => normalize(`${directory}/${path}`)

/** Resolves `.`, `..` and double slashes in an absolute path; keeps a trailing slash. */
export function normalize(path: string): string {
  if (!/\/(?:\.{0,2}\/|\.{1,2}$)/.test(path)) return path
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  const keepsSlash = /\/\.{0,2}$/.test(path)
  return `/${segments.join('/')}${keepsSlash && segments.length > 0 ? '/' : ''}`
}
