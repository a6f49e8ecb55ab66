import type { ConsoleLines } from './console-lines.ts'
import { ExitError } from './lambda-errors.ts'

/**
 * Makes `process` that of a Lambda environment: its working directory, its streams, which end in the log, and its
 * end, which ends the call.
 */
export function setUpProcess(
  process: NodeJS.Process,
  lines: ConsoleLines,
  exit: (error: ExitError) => void,
  getBuiltin: (name: string) => unknown,
): void {
  const changeDirectory = process.chdir.bind(process)
  const directory = process.cwd.bind(process)
  const define = (name: string, value: unknown) =>
    Object.defineProperty(process, name, { value, configurable: true, writable: true, enumerable: true })
  try {
    changeDirectory('/bundle/var/task')
  } catch {
    // A package of which no file could be kept has no directory: its only module does not parse, or is machine code.
    // Loading the handler says which.
  }
  define('cwd', () => directory().replace(/^\/bundle(?=\/|$)/, '') || '/')
  define('chdir', (path: string) =>
    changeDirectory(/^\/(?:var|opt)(?:\/|$)/.test(path) ? `/bundle${path}` : path),
  )
  define('argv', ['/var/lang/bin/node', '/var/runtime/index.mjs'])
  define('execPath', '/var/lang/bin/node')
  define('getBuiltinModule', getBuiltin)
  // Libraries with native addons look there for the one to load, and say what came of it.
  define('report', { excludeNetwork: true, getReport: () => LAMBDA_REPORT })
  const end = (reason: string): never => {
    const error = new ExitError('Runtime.ExitError', `RequestId: ${lines.requestId} Error: ${reason}`)
    exit(error)
    throw error
  }
  define('exit', (code: unknown = process.exitCode ?? 0) =>
    end(
      Number(code) === 0
        ? 'Runtime exited without providing a reason'
        : `Runtime exited with error: exit status ${Number(code)}`,
    ),
  )
  define('abort', () => end('Runtime exited with error: signal: aborted'))
  define('kill', (pid: number, signal: unknown = 'SIGTERM') =>
    pid === process.pid && signal !== 0 ? end(`Runtime exited with error: signal: ${String(signal)}`) : true,
  )
  // Making a stream loads half of Node's: only for those who ask.
  for (const name of ['stdout', 'stderr'] as const) {
    const descriptor = streamDescriptor(process, name)
    Object.defineProperty(process, name, {
      get() {
        const stream = (
          descriptor.get ? descriptor.get.call(process) : descriptor.value
        ) as NodeJS.WriteStream
        stream.write = write as NodeJS.WriteStream['write']
        Object.defineProperty(process, name, { value: stream, configurable: true, writable: true })
        return stream
      },
      set(value: unknown) {
        Object.defineProperty(process, name, { value, configurable: true, writable: true })
      },
      configurable: true,
    })
  }
  function write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    lines.raw(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk as Uint8Array))
    const done = typeof encoding === 'function' ? encoding : callback
    if (typeof done === 'function') queueMicrotask(() => (done as () => void)())
    return true
  }
}

/** Of Amazon Linux 2023: https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html */
const LAMBDA_REPORT = { header: { glibcVersionRuntime: '2.34' }, sharedObjects: [] }

type PathFunction = (...paths: string[]) => string

/** `path` takes relative paths from the root, whatever the working directory is. */
export function resolveFromDirectory(path: Record<string, unknown>): void {
  const resolve = path.resolve as PathFunction
  const relative = path.relative as PathFunction
  path.resolve = (...paths: string[]) => resolve(process.cwd(), ...paths)
  path.relative = (from: string, to: string) =>
    relative(resolve(process.cwd(), from), resolve(process.cwd(), to))
}

function streamDescriptor(process: object, name: string): PropertyDescriptor {
  for (let holder: object | null = process; holder; holder = Object.getPrototypeOf(holder) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)
    if (descriptor) return descriptor
  }
  return { value: undefined }
}
