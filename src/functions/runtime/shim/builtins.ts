import { NODE_HTTP_MODULE, NODE_NET_MODULE } from '../shim-manifest.ts'
import type * as NodeHttp from './http/node-http.ts'
import type * as NodeNet from './net/node-net.ts'
import { codedError, type NativeRequire } from './package-files.ts'

/** Node's own modules, as workerd has them, with what a function's isolate needs otherwise. */
export class Builtins {
  readonly names = NAMES
  readonly #require: NativeRequire
  /** Set once the function may have connections, which do not outlive a call. */
  closeConnections: (() => Promise<void>) | undefined
  readonly #loaded = new Map<string, unknown>()
  /** Applied to a module when it is first required: the modules are mutable, and one instance each. */
  readonly #changes = new Map<string, (module: Record<string, unknown>) => unknown>()

  constructor(require: NativeRequire) {
    this.#require = require
    for (const [name, functions, reason] of UNAVAILABLE) {
      this.change(name, module => refuseFunctions(module, name, functions, reason))
    }
    const nodeNet = () => {
      const part = require(`./${NODE_NET_MODULE}`) as typeof NodeNet
      this.closeConnections = part.closeConnections
      return part
    }
    this.change('net', net => nodeNet().changeNet(net))
    this.change('tls', tls => nodeNet().changeTls(tls))
    const nodeHttp = () => require(`./${NODE_HTTP_MODULE}`) as typeof NodeHttp
    this.change('http', http => nodeHttp().changeHttp(http))
    this.change('https', https => nodeHttp().changeHttps(https))
    for (const name of ['_http_incoming', '_http_outgoing', '_http_server', '_http_client']) {
      this.change(name, part => ({ ...part, ...nodeHttp().PARTS[name] }))
    }
  }

  change(name: string, change: (module: Record<string, unknown>) => unknown): void {
    this.#changes.set(name, change)
  }

  /** `fs`, `node:fs`, `node:test` (which exists under its full name only). */
  has(specifier: string): boolean {
    if (!specifier.startsWith('node:')) return KNOWN.has(specifier)
    const name = specifier.slice('node:'.length)
    return KNOWN.has(name) || ONLY_PREFIXED.has(name)
  }

  load(specifier: string): unknown {
    const name = specifier.startsWith('node:') ? specifier.slice('node:'.length) : specifier
    if (this.#loaded.has(name)) return this.#loaded.get(name)
    let module = this.#require(`node:${name}`)
    module = this.#changes.get(name)?.(module as Record<string, unknown>) ?? module
    this.#loaded.set(name, module)
    return module
  }
}

// `builtinModules` of Node 22; asking workerd for them would load a module for it.
const NAMES = (
  '_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _stream_duplex ' +
  '_stream_passthrough _stream_readable _stream_transform _stream_wrap _stream_writable _tls_common _tls_wrap ' +
  'assert assert/strict async_hooks buffer child_process cluster console constants crypto dgram ' +
  'diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https inspector ' +
  'inspector/promises module net os path path/posix path/win32 perf_hooks process punycode querystring readline ' +
  'readline/promises repl stream stream/consumers stream/promises stream/web string_decoder sys timers ' +
  'timers/promises tls trace_events tty url util util/types v8 vm wasi worker_threads zlib'
).split(' ')
const KNOWN = new Set(NAMES)

const ONLY_PREFIXED = new Set(['test', 'sqlite', 'sea', 'test/reporters'])

const NO_PROCESSES = 'a function runs in an isolate, which cannot start processes'
const NO_CODE = 'a function runs in an isolate, which does not allow code to be made from text'
const NO_THREADS = 'a function runs in an isolate, which has one thread'

const UNAVAILABLE: [name: string, functions: string[], reason: string][] = [
  [
    'child_process',
    ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'],
    NO_PROCESSES,
  ],
  ['cluster', ['fork', 'setupPrimary', 'setupMaster'], NO_PROCESSES],
  [
    'vm',
    [
      'Script',
      'SourceTextModule',
      'SyntheticModule',
      'compileFunction',
      'runInContext',
      'runInNewContext',
      'runInThisContext',
    ],
    NO_CODE,
  ],
  ['worker_threads', ['Worker'], NO_THREADS],
]

function refuseFunctions(
  module: Record<string, unknown>,
  name: string,
  functions: string[],
  reason: string,
): void {
  for (const key of functions) {
    const original = module[key]
    if (typeof original !== 'function') continue
    // A declaration, which unlike an arrow function can be called with `new`.
    function refuse(): never {
      throw unavailable(`${name}.${key}`, reason)
    }
    // Libraries extend such classes and look at their prototypes without ever making one.
    refuse.prototype = original.prototype as object
    Object.defineProperty(refuse, 'name', { value: key })
    module[key] = refuse
  }
}

function unavailable(what: string, reason: string): Error {
  const { stack = '' } = new Error()
  const place = /(?:file:\/\/)?(\/(?:var\/task|opt)\/[^)\n]*)/.exec(stack)?.[1]
  const where = place === undefined ? '' : ` (called at ${place})`
  return codedError('ERR_METHOD_NOT_IMPLEMENTED', `${what} is not available${where}: ${reason}`)
}
