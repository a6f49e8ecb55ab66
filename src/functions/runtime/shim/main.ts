// The main module of every loaded worker. It gives a function the environment that Lambda gives it, and runs one
// event at a time. build-shim.ts turns it into text.
import {
  CONTEXT_HEADER,
  ES_MODULES_MODULE,
  FILE_SYSTEM_MODULE,
  type InvocationContext,
  MANIFEST_MODULE,
  type Outcome,
  partsOfHeader,
  RESPONSE_STREAM_MODULE,
  type ShimManifest,
  type StreamEnd,
  WASM_MODULE,
  WORKER_MODULE,
} from '../shim-manifest.ts'
import {
  type AboutIsolate,
  errorText,
  failureDocument,
  is,
  respond,
  respondWith,
  resultText,
  TOO_LARGE,
  Uncaught,
} from './answers.ts'
import { Builtins } from './builtins.ts'
import { callHandler, contextObject, type Variables } from './call-handler.ts'
import { type Call, Calls, type ExecutionContext } from './calls.ts'
import { interpretCodeFromText } from './code-from-text.ts'
import { createModuleClass, type ModuleClass } from './commonjs.ts'
import { ConsoleLines } from './console-lines.ts'
import type { EsModules } from './es-modules.ts'
import { type Found, findHandler, type Handler, type WorkerModule } from './find-handler.ts'
import type { FrameBody } from './frame-body.ts'
import { ExitError, errorDocument, loggedError, RuntimeError } from './lambda-errors.ts'
import { isDone, OutstandingWork } from './outstanding-work.ts'
import type { PackageFileSystem } from './package-file-system.ts'
import { type NativeRequire, PackageFiles } from './package-files.ts'
import { resolveFromDirectory, setUpProcess } from './process-of-function.ts'
import { Resolver } from './resolve-module.ts'
import type * as responseStream from './response-stream.ts'
import { nameFilesInStacks } from './stack-traces.ts'
import { awslambda, highWaterMarkOf, isStreaming } from './streaming-handlers.ts'
import type * as uploadedWasm from './uploaded-wasm.ts'
import type * as workerModule from './worker-module.ts'

export function createRuntime(require: NativeRequire) {
  const manifest = JSON.parse(require(`./${MANIFEST_MODULE}`) as string) as ShimManifest
  const files = new PackageFiles(manifest, require)
  const builtins = new Builtins(require)
  const resolver = new Resolver(
    files,
    (process.env.NODE_PATH ?? '').split(':').filter(path => path !== ''),
  )
  const calls = new Calls(require, manifest.shared)
  const lines = new ConsoleLines(require, process.env, () => calls.lines)
  const work = new OutstandingWork(uncaught, () => calls.current?.begun)
  let fileSystem: PackageFileSystem | undefined
  let Module: ModuleClass
  let esModules: EsModules | undefined
  let found: Found | undefined
  let variables: Variables = {}

  /** As a new process: nothing that was loaded is kept. */
  function reset(): void {
    found = undefined
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
    nameFilesInStacks(files, require)
    if (manifest.makesCode) interpretCodeFromText(require)
    if (manifest.wasm) {
      const part = require(`./${WASM_MODULE}`) as typeof uploadedWasm
      part.useUploadedWasm(manifest.wasm, require)
    }
    lines.install(console)
    setUpProcess(process, lines, crash, name => (builtins.has(name) ? builtins.load(name) : undefined))
    Object.assign(globalThis, { awslambda })
    // Libraries would take the isolate for what it is and leave the paths that they use on Node.
    Object.defineProperty(navigator, 'userAgent', { value: `Node.js/${process.versions.node.split('.')[0]}` })
    addEventListener('unhandledrejection', event => {
      event.preventDefault()
      const { reason } = event
      if (is(reason, ExitError)) return
      const error = new RuntimeError('Runtime.UnhandledPromiseRejection', textOf(reason), { cause: reason })
      Object.assign(error, { reason, promise: {} })
      lines.write('ERROR', ['Unhandled Promise Rejection', loggedError(error)])
      crash(error)
    })
    work.watchTimers(globalThis)
    work.watchRequests()
    work.watchQueues(globalThis, 'queueMicrotask')
    work.watchQueues(process, 'nextTick')
    builtins.change('timers', timers => {
      work.watchTimers(timers)
    })
    builtins.change('timers/promises', timers => {
      work.watchPromises(timers, 'setTimeout', 'setImmediate')
    })
  }

  /** Both names lead to one object. */
  let isPathChanged = false
  function changePath(path: Record<string, unknown>): void {
    if (!isPathChanged) resolveFromDirectory(path)
    isPathChanged = true
  }

  function uncaught(error: unknown): void {
    if (is(error, ExitError)) return
    lines.write('ERROR', ['Uncaught Exception', loggedError(error)])
    crash(new Uncaught(error))
  }

  /**
   * Lambda's process ends, and the call that is under way with it, also when an earlier one began what failed. Between
   * calls that is nobody's failure, and the next begins anew.
   */
  function crash(error: unknown): void {
    const call = calls.current
    if (call) call.fail(error)
    else if (!calls.shared) reset()
  }

  /** Of work that an answer did not wait for: it is in a log, and nobody's failure. */
  function lateError(error: unknown): void {
    lines.write('ERROR', ['Uncaught Exception', loggedError(error)])
  }

  /** `String`, which throws for what programs may reject with. */
  function textOf(reason: unknown): string {
    try {
      return String(reason)
    } catch {
      return errorDocument(reason).errorMessage
    }
  }

  async function invoke(request: Request, context: ExecutionContext): Promise<Response> {
    const [asked, event] = partsOfHeader(request.headers.get(CONTEXT_HEADER) ?? '')
    const given = asked === '' ? undefined : (JSON.parse(asked) as InvocationContext)
    // Before the event begins: whoever only waits for its own body takes the isolate from nobody.
    const text = event ?? (given ? await request.text() : '')
    switch (calls.room(given?.after)) {
      case 'taken':
        return respond('busy', '')
      case 'abandoned':
        // Its code was cut off. Lambda starts such an environment anew.
        reset()
    }
    if (!given) return warm()
    const call = calls.begin(given, context)
    try {
      return await calls.within(call, () => Promise.race([run(text, call), call.failure]))
    } catch (error) {
      return failed(call, error)
    } finally {
      if (!call.streams) end(call)
    }
  }

  function end(call: Call): void {
    if (calls.end(call) && !calls.shared) fileSystem?.temporary.endCall()
  }

  /** Loads the handler, so that the next call need not. What keeps it from loading is for that call to say. */
  async function warm(): Promise<Response> {
    try {
      found ??= await load()
    } catch {
      reset()
    }
    return respond('warm', '')
  }

  async function load(): Promise<Found> {
    const loaded = await findHandler(manifest.handler, files, Module, getEsModules)
    if (loaded.kind === 'worker') calls.share()
    return loaded
  }

  async function run(text: string, call: Call): Promise<Response> {
    const { given } = call
    if (!calls.shared) {
      fileSystem?.temporary.beginCall()
      await builtins.closeConnections?.()
    }
    try {
      found ??= await load()
    } catch (error) {
      lines.write('ERROR', ['Uncaught Exception', loggedError(error)])
      reset()
      return answer(call, 'error', errorText(errorDocument(error)))
    }
    call.lines.requestId = given.requestId
    if (given.traceId !== undefined) process.env._X_AMZN_TRACE_ID = given.traceId
    const event: unknown = text === '' ? {} : JSON.parse(text)
    if (found.kind === 'worker') {
      const { worker } = found
      // Once more: before the first load nobody knew that it would have to be told from others.
      return calls.within(call, () => runWorker(worker, event, call))
    }
    const { handler } = found
    if (isStreaming(handler)) return runStreaming(handler, event, call)
    const nothingLeft = () => work.done(call.begun, given.deadlineMs)
    const result = resultText(await callHandler(handler, event, contextObject(given, variables), nothingLeft))
    leave(call)
    return answer(call, result.outcome, result.text)
  }

  /** What an answer leaves behind goes on; Lambda would finish it first, or with the next event. */
  function leave({ begun, context, given }: Call): void {
    if (!isDone(begun)) context.waitUntil(work.done(begun, given.deadlineMs))
  }

  /** The response begins with the first piece that the handler writes; an error before that is an ordinary one. */
  async function runStreaming(handler: Handler, event: unknown, call: Call): Promise<Response> {
    const part = require(`./${RESPONSE_STREAM_MODULE}`) as typeof responseStream
    const stream = part.createResponseStream(require, highWaterMarkOf(handler))
    const write = async () => {
      const running = (handler as (...args: unknown[]) => unknown)(
        event,
        stream.writable,
        contextObject(call.given, variables),
      )
      if (!(running instanceof Promise)) throw new Error('Streaming does not support non-async handlers.')
      await running
      await stream.finished
    }
    const done = Promise.race([write(), call.failure])
    await Promise.race([stream.begun, done])
    const response = respondWith(stream.body.readable, stream.contentType(), about(call))
    void finish(call, done, stream.body)
    return response
  }

  async function runWorker(worker: WorkerModule, event: unknown, call: Call): Promise<Response> {
    const { given, context } = call
    const part = require(`./${WORKER_MODULE}`) as typeof workerModule
    const returned = await worker.fetch(
      part.requestOf(event, variables.AWS_LAMBDA_FUNCTION_NAME ?? ''),
      { ...process.env },
      {
        waitUntil: (promise: unknown) => context.waitUntil(Promise.resolve(promise).catch(lateError)),
        passThroughOnException: () => {},
        props: {},
      },
    )
    const response = part.responseOf(returned)
    if (!given.streamed) {
      const answered = await part.resultOf(response, part.formOf(event))
      const result = answered === 'too-large' ? TOO_LARGE : resultText(answered)
      return answer(call, result.outcome, result.text)
    }
    const streamed = part.streamedResponse(response)
    void finish(call, Promise.race([streamed.pipe(), call.failure]), streamed.body)
    return respondWith(streamed.body.readable, streamed.contentType, about(call))
  }

  /** The end of an answer whose beginning is on its way. */
  async function finish(call: Call, done: Promise<unknown>, body: FrameBody): Promise<void> {
    call.streams = true
    try {
      let ended: StreamEnd = { outcome: 'ok' }
      try {
        await done
      } catch (error) {
        const { outcome, document } = failure(error)
        ended = { outcome, error: errorText(document) }
      }
      // Nothing outlives a process.
      if (ended.outcome !== 'exit') leave(call)
      await body.end(ended, calls.take(call))
    } catch {
      // Nobody reads on.
    } finally {
      end(call)
    }
  }

  function failed(call: Call, error: unknown): Response {
    const { outcome, document } = calls.within(call, () => failure(error))
    if (outcome !== 'exit') leave(call)
    return answer(call, outcome, errorText(document))
  }

  function failure(error: unknown): { outcome: 'error' | 'exit'; document: object } {
    const found = failureDocument(error)
    if (found.outcome === 'exit') reset()
    else lines.write('ERROR', ['Invoke Error', loggedError(error)])
    return found
  }

  const answer = (call: Call, outcome: Outcome, payload: string): Response =>
    respond(outcome, payload, calls.take(call), about(call))

  const about = ({ given }: Call): AboutIsolate => ({
    shared: calls.shared,
    logStream: given.asksStream ? variables.AWS_LAMBDA_LOG_STREAM_NAME : undefined,
  })

  let isSetUp = false
  return {
    fetch(request: Request, env: Variables, context: ExecutionContext): Promise<Response> {
      if (!isSetUp) {
        variables = env
        setUp()
        isSetUp = true
      }
      return invoke(request, context)
    },
  }
}
