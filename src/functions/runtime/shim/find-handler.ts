import type { ModuleClass } from './commonjs.ts'
import { BOOTSTRAP } from './commonjs.ts'
import type { EsModules } from './es-modules.ts'
import { RuntimeError } from './lambda-errors.ts'
import type { PackageFiles } from './package-files.ts'
import { dirname, join } from './resolve-module.ts'

export type Handler = (event: unknown, context: unknown, callback: unknown) => unknown

/** What a version runs: a Lambda handler, or a module written for Workers. */
export type Found = { kind: 'handler'; handler: Handler } | { kind: 'worker'; worker: WorkerModule }

/** `export default { fetch }`, Hono apps included. */
export interface WorkerModule {
  fetch(request: Request, env: unknown, context: unknown): Response | Promise<Response>
}

const TASK_ROOT = '/var/task'

/**
 * Loads the module that a handler's name begins with and finds the function in it, in Lambda's order:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#naming
 * A module that has no such function, but whose default export has `fetch`, is one written for Workers.
 * Failures are the errors that Lambda's runtime gives them.
 */
export async function findHandler(
  name: string,
  files: PackageFiles,
  Module: ModuleClass,
  esModules: () => EsModules,
): Promise<Found> {
  if (name.includes('..')) {
    throw new RuntimeError(
      'Runtime.MalformedHandlerName',
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    )
  }
  const slash = name.lastIndexOf('/')
  const [root, file] = [name.slice(0, slash + 1), name.slice(slash + 1)]
  const dot = file.indexOf('.')
  if (dot < 0) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler')
  const [moduleName, exportName] = [file.slice(0, dot), file.slice(dot + 1)]
  let module: unknown
  try {
    module = await loadModule(root, moduleName, files, Module, esModules)
  } catch (error) {
    throw asRuntimeError(error)
  }
  const named = lookUp(module, exportName)
  if (isWorker(named)) return { kind: 'worker', worker: named }
  const defaults =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (!named && isWorker(defaults) && (exportName === 'fetch' || !lookUp(defaults, exportName)))
    return { kind: 'worker', worker: defaults }
  const handler = named || lookUp(defaults, exportName)
  if (!handler) throw new RuntimeError('Runtime.HandlerNotFound', `${name} is undefined or not exported`)
  if (typeof handler !== 'function')
    throw new RuntimeError('Runtime.HandlerNotFound', `${name} is not a function`)
  return { kind: 'handler', handler: handler as Handler }
}

/** A function with a property `fetch` is a handler all the same: Lambda's own come first. */
const isWorker = (value: unknown): value is WorkerModule =>
  typeof value === 'object' && value !== null && typeof (value as WorkerModule).fetch === 'function'

async function loadModule(
  root: string,
  moduleName: string,
  files: PackageFiles,
  Module: ModuleClass,
  esModules: () => EsModules,
): Promise<unknown> {
  const path = root.startsWith('/') ? join(root, moduleName) : join(TASK_ROOT, root + moduleName)
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const candidate = files.real(path + extension)
    const kind = files.kind(candidate)
    if (kind === undefined || kind === 'd' || kind === 'j') continue
    return kind === 'c' ? Module._load(candidate, bootstrap(Module)) : await esModules().importFile(candidate)
  }
  // Not there: ask as a program would, for the error, or for a package or a directory of that name.
  const paths = [TASK_ROOT, dirname(path)]
  const found = Module._resolveFilename(moduleName, bootstrap(Module), false, { paths })
  return files.kind(found) === 'm'
    ? await esModules().importFile(found)
    : Module._load(found, bootstrap(Module))
}

/** Stands for Lambda's own runtime as the one that requires the handler. */
function bootstrap(Module: ModuleClass) {
  const module = new Module(BOOTSTRAP)
  module.filename = BOOTSTRAP
  return module
}

function lookUp(module: unknown, name: string): unknown {
  let value = module
  for (const key of name.split('.')) {
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function asRuntimeError(error: unknown): unknown {
  if (error instanceof SyntaxError) {
    const name = 'Runtime.UserCodeSyntaxError'
    const frames = (error.stack ?? '').slice((error.stack ?? '').indexOf('\n    at '))
    return new RuntimeError(name, String(error), {
      cause: error,
      stack: `${name}: ${String(error)}${frames}`,
    })
  }
  if (error instanceof Error && (error as { code?: unknown }).code === 'MODULE_NOT_FOUND') {
    return new RuntimeError('Runtime.ImportModuleError', String(error), { cause: error })
  }
  return error
}
