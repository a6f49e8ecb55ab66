// The main module of every loaded worker. It gives a function the environment that Lambda gives it, and runs one
// event at a time. build-shim.ts turns it into text.
import {
  CONTEXT_HEADER,
  ES_MODULES_MODULE,
  FILE_SYSTEM_MODULE,
  type InvocationContext,
  LOGS_HEADER,
  MANIFEST_MODULE,
  OUTCOME_HEADER,
  type Outcome,
  type ShimManifest,
} from '../shim-manifest.ts'
import { Builtins } from './builtins.ts'
import { callHandler, contextObject } from './call-handler.ts'
import { interpretCodeFromText } from './code-from-text.ts'
import { createModuleClass, type ModuleClass } from './commonjs.ts'
import { ConsoleLines } from './console-lines.ts'
import type { EsModules } from './es-modules.ts'
import { findHandler, type Handler } from './find-handler.ts'
import { ExitError, errorDocument, loggedError, RuntimeError } from './lambda-errors.ts'
import type { PackageFileSystem } from './package-file-system.ts'
import { type NativeRequire, PackageFiles } from './package-files.ts'
import { resolveFromDirectory, setUpProcess } from './process-of-function.ts'
import { Resolver } from './resolve-module.ts'
import { nameFilesInStacks } from './stack-traces.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB and a hundred bytes */
const RESPONSE_BYTES = 6_291_556

interface Call {
  deadlineMs: number
  /** Ends the call from outside the handler. */
  fail: (error: unknown) => void
}

export function createRuntime(require: NativeRequire) {
  const manifest = JSON.parse(require(`./${MANIFEST_MODULE}`) as string) as ShimManifest
  const files = new PackageFiles(manifest, require)
  const builtins = new Builtins(require)
  const resolver = new Resolver(
    files,
    (process.env.NODE_PATH ?? '').split(':').filter(path => path !== ''),
  )
  const lines = new ConsoleLines(require, process.env)
  let fileSystem: PackageFileSystem | undefined
  let Module: ModuleClass
  let esModules: EsModules | undefined
  let handler: Handler | undefined
  let running: Call | undefined

  /** As a new process: nothing that was loaded is kept. */
  function reset(): void {
    handler = undefined
    esModules = undefined
    Module = createModuleClass({ files, resolver, builtins, esModules: getEsModules })
  }

  function getEsModules(): EsModules {
    if (!esModules) {
      const part = require(`./${ES_MODULES_MODULE}`) as { EsModules: typeof EsModules }
      esModules = new part.EsModules({ files, resolver, builtins, Module })
    }
    return esModules
  }

  function getFileSystem(): PackageFileSystem {
    if (!fileSystem) {
      const part = require(`./${FILE_SYSTEM_MODULE}`) as { PackageFileSystem: typeof PackageFileSystem }
      fileSystem = new part.PackageFileSystem(files)
    }
    return fileSystem
  }

  function setUp(): void {
    reset()
    builtins.change('module', () => Module)
    builtins.change('fs', fs => getFileSystem().change(fs))
    builtins.change('fs/promises', promises => getFileSystem().promises(promises))
    builtins.change('process', () => process)
    for (const name of ['path', 'path/posix']) builtins.change(name, path => changePath(path))
    builtins.change('util', util => {
      // workerd's writes always; Node's writes what NODE_DEBUG names.
      const original = util.debuglog as (section: string) => unknown
      const isAsked = (section: string) =>
        (process.env.NODE_DEBUG ?? '').toLowerCase().split(',').includes(section.toLowerCase())
      util.debuglog = util.debug = (section: string) =>
        isAsked(section) ? original(section) : Object.assign(() => {}, { enabled: false })
    })
    builtins.change('os', os => {
      os.tmpdir = () => process.env.TMPDIR ?? '/tmp'
    })
    builtins.change('console', original => {
      lines.install(original as unknown as Console)
    })
    nameFilesInStacks(files)
    if (manifest.makesCode) interpretCodeFromText(require)
    lines.install(console)
    setUpProcess(
      process,
      lines,
      error => running?.fail(error),
      name => (builtins.has(name) ? builtins.load(name) : undefined),
    )
    // Libraries would take the isolate for what it is and leave the paths that they use on Node.
    Object.defineProperty(navigator, 'userAgent', { value: `Node.js/${process.versions.node.split('.')[0]}` })
    addEventListener('unhandledrejection', event => {
      event.preventDefault()
      const { reason } = event
      const error = new RuntimeError('Runtime.UnhandledPromiseRejection', String(reason), { cause: reason })
      Object.assign(error, { reason, promise: {} })
      lines.write('ERROR', ['Unhandled Promise Rejection', loggedError(error)])
      running?.fail(error)
    })
    catchUncaught(globalThis, uncaught, 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask')
    catchUncaught(process, uncaught, 'nextTick')
    builtins.change('timers', timers => {
      catchUncaught(timers, uncaught, 'setTimeout', 'setInterval', 'setImmediate')
    })
  }

  /** Both names lead to one object. */
  let isPathChanged = false
  function changePath(path: Record<string, unknown>): void {
    if (!isPathChanged) resolveFromDirectory(path)
    isPathChanged = true
  }

  function uncaught(error: unknown): void {
    lines.write('ERROR', ['Uncaught Exception', loggedError(error)])
    running?.fail(error)
  }

  async function invoke(request: Request): Promise<Response> {
    if (running && !manifest.shared) {
      if (Date.now() < running.deadlineMs) return respond('busy', '')
      // The call before was cut off, and its code with it. Lambda starts such an environment anew.
      reset()
    }
    const given = JSON.parse(request.headers.get(CONTEXT_HEADER)!) as InvocationContext
    let fail: Call['fail'] = () => {}
    const failure = new Promise<never>((_, reject) => {
      fail = reject
    })
    failure.catch(() => {})
    const call: Call = { deadlineMs: given.deadlineMs, fail }
    running = call
    lines.requestId = undefined
    try {
      return await Promise.race([run(request, given), failure])
    } catch (error) {
      return failed(error)
    } finally {
      if (running === call) running = undefined
    }
  }

  async function run(request: Request, given: InvocationContext): Promise<Response> {
    const text = await request.text()
    try {
      handler ??= await findHandler(manifest.handler, files, Module, getEsModules)
    } catch (error) {
      lines.write('ERROR', ['Uncaught Exception', loggedError(error)])
      reset()
      return answer('error', JSON.stringify(errorDocument(error)))
    }
    lines.requestId = given.requestId
    if (given.traceId !== undefined) process.env._X_AMZN_TRACE_ID = given.traceId
    const event: unknown = text === '' ? {} : JSON.parse(text)
    const result = await callHandler(handler, event, contextObject(given))
    let payload: string
    try {
      payload = JSON.stringify(result === undefined ? null : result) ?? 'null'
    } catch (cause) {
      throw new RuntimeError('Runtime.JSONStringifyError', 'Unable to stringify response body', { cause })
    }
    if (exceeds(payload, RESPONSE_BYTES)) {
      return answer(
        'error',
        JSON.stringify({
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES} bytes).`,
        }),
      )
    }
    return answer('ok', payload)
  }

  function failed(error: unknown): Response {
    const document: object = errorDocument(error)
    if (error instanceof RuntimeError && error.name === 'Runtime.UnhandledPromiseRejection') {
      Object.assign(document, { reason: errorDocument(error.cause), promise: {} })
      reset()
      return answer('exit', JSON.stringify(document))
    }
    if (error instanceof ExitError) {
      reset()
      const { errorType, errorMessage } = errorDocument(error)
      return answer('exit', JSON.stringify({ errorType, errorMessage }))
    }
    lines.write('ERROR', ['Invoke Error', loggedError(error)])
    return answer('error', JSON.stringify(document))
  }

  /** One body of log lines and payload, so that neither is encoded twice nor has to be parsed to be parted. */
  function answer(outcome: Outcome, payload: string): Response {
    const logs = lines.take()
    return respond(outcome, logs + payload, byteLength(logs))
  }

  let isSetUp = false
  return {
    fetch(request: Request): Promise<Response> {
      if (!isSetUp) {
        setUp()
        isSetUp = true
      }
      return invoke(request)
    },
  }
}

/** What a callback throws ends the call, as it ends a process; workerd would only note it. */
function catchUncaught(holder: object, report: (error: unknown) => void, ...names: string[]): void {
  const functions = holder as Record<string, (callback: unknown, ...rest: unknown[]) => unknown>
  for (const name of names) {
    const original = functions[name]!
    const replacement = (callback: unknown, ...rest: unknown[]) =>
      original.call(
        holder,
        typeof callback === 'function'
          ? (...args: unknown[]) => {
              try {
                return callback(...args) as unknown
              } catch (error) {
                report(error)
              }
            }
          : callback,
        ...rest,
      )
    functions[name] = Object.assign(replacement, original)
  }
}

function respond(outcome: Outcome, body: string, logBytes = 0): Response {
  return new Response(body, { headers: { [OUTCOME_HEADER]: outcome, [LOGS_HEADER]: String(logBytes) } })
}

function byteLength(text: string): number {
  return /^[\0-\x7f]*$/.test(text) ? text.length : new TextEncoder().encode(text).length
}

function exceeds(text: string, bytes: number): boolean {
  if (text.length > bytes) return true
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes
}
