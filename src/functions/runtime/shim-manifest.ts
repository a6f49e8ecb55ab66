/** What the shim has to know of the package that it runs; it is given as the text of a JSON module. */
export interface ShimManifest {
  /** `index.handler` */
  handler: string
  /**
   * Every file by absolute path: `c` CommonJS, `m` ES module, `j` JSON, `d` data; `n` native addon, `s` ES module
   * that does not parse, `l` ES module too large to convert.
   */
  files: Record<string, FileLetter>
  links: [path: string, target: string][]
  syntaxErrors: Record<string, [message: string, line: number, column: number]>
  /** Takes events while others are under way. */
  shared: boolean
  /** Some file makes code from text; the interpreter for it is there. */
  makesCode: boolean
  /** Keys of the WebAssembly that the package has in it, if any. */
  wasm?: string[]
}

export type FileLetter = 'c' | 'm' | 'j' | 'd' | 'n' | 's' | 'l'

/** Names of the modules that are not the package's own. */
export const MAIN_MODULE = 'var/runtime/index.mjs'
/** At the root, because what it requires is relative to it. */
export const REQUIRE_MODULE = 'require.cjs'
export const MANIFEST_MODULE = 'var/runtime/manifest.json'
/** Parts of the shim that not every function needs; compiled when they are. */
export const ES_MODULES_MODULE = 'var/runtime/es-modules.cjs'
export const FILE_SYSTEM_MODULE = 'var/runtime/package-file-system.cjs'
export const RESPONSE_STREAM_MODULE = 'var/runtime/response-stream.cjs'
export const WORKER_MODULE = 'var/runtime/worker-module.cjs'
export const ORIGINAL_POSITIONS_MODULE = 'var/runtime/original-positions.cjs'
export const NODE_HTTP_MODULE = 'var/runtime/node-http.cjs'
export const NODE_NET_MODULE = 'var/runtime/node-net.cjs'
export const WASM_MODULE = 'var/runtime/uploaded-wasm.cjs'
export const INTERPRETER_MODULE = 'var/runtime/interpreter.cjs'

/** Where WebAssembly of the package is, by its key in {@link ShimManifest.wasm}. */
export const WASM_MODULES = 'var/runtime/wasm/'

/**
 * Request header: {@link InvocationContext} as JSON in ASCII. Behind a tab follows the event, if {@link fitsHeader};
 * the request then has no body. A body is a stream, and to read it takes both isolates further turns of the event loop.
 */
export const CONTEXT_HEADER = 'weir-invocation'
/** Response header, `1`: a Worker-style module, whose events may overlap. */
export const SHARED_HEADER = 'weir-shared'
/** Response header: an {@link Outcome}. Behind a tab follows the payload, if it came without log lines and {@link fitsHeader}. */
export const OUTCOME_HEADER = 'weir-outcome'
/** Response header: the log stream of the isolate, if it was asked for. */
export const STREAM_HEADER = 'weir-log-stream'
/** Response header: how many bytes of the body are log lines, if any; the rest is the payload. */
export const LOGS_HEADER = 'weir-logs'

/** Among log lines, in the place of a line's end that does not end what was logged: the record separator of ASCII. */
export const CONTINUED = '\u001e'

/** Far below what a request's headers may have anywhere. */
const HEADER_CHARACTERS = 8192

/** Whether JSON may go as a header: it has to be one line of ASCII. */
export const fitsHeader = (json: string): boolean =>
  json.length > 0 && json.length <= HEADER_CHARACTERS && /^[ -~]+$/.test(json)

/** Of {@link CONTEXT_HEADER} or {@link OUTCOME_HEADER}: what it says, and what follows behind a tab, if anything. */
export function partsOfHeader(header: string): [said: string, json: string | undefined] {
  const tab = header.indexOf('\t')
  return tab < 0 ? [header, undefined] : [header.slice(0, tab), header.slice(tab + 1)]
}

/** Content type of a streamed answer that begins with a prelude; Lambda's own name for it. */
export const HTTP_INTEGRATION_TYPE = 'application/vnd.awslambda.http-integration-response'

/**
 * `ok`: the payload is the handler's result. `error`: it is an error document. `busy`: another event is under way,
 * nothing ran. `exit`: as `error`, and the function's state is lost, as when Lambda's process ends. `stream`: the body is frames (stream-frames.ts): pieces of the answer in
 * `Content-Type`, then log lines, then a {@link StreamEnd}. `warm`: nothing ran, as nothing was asked.
 */
export type Outcome = 'ok' | 'error' | 'busy' | 'exit' | 'stream' | 'warm'

/** The last frame of a streamed answer. */
export interface StreamEnd {
  outcome: 'ok' | 'error' | 'exit'
  /** The error document; absent for `ok`. */
  error?: string
}

/** What a handler's context object says of one call; the rest of it is in the function's variables. */
export interface InvocationContext {
  requestId: string
  invokedFunctionArn: string
  /** When the function's time is over, in milliseconds since the epoch. */
  deadlineMs: number
  /** Base64 JSON as the client sent it. */
  clientContext?: string
  /** JSON. */
  identity?: string
  traceId?: string
  /** The caller takes the answer as it is produced. */
  streamed?: boolean
  /** The caller does not know which log stream the isolate's lines go to. */
  asksStream?: boolean
  /** The call of this id is over, although the isolate does not know: its caller stopped waiting. */
  after?: string
}
