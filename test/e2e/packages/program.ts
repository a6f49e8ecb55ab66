/** A function that uses one package of npm as its users do, and what comes out of it. */
export interface Program {
  /** As this folder's package.json names it: `express4` is installed under its own name, `express`. */
  readonly package: string
  /** Packages that are used together with it. */
  readonly with?: readonly string[]
  /** What the function does with it, for the table in docs/packages.md. */
  readonly exercised: string
  /** The handler's file: CommonJS, unless `esm`. */
  readonly source: string
  readonly esm?: boolean
  /** Further files beside it. */
  readonly files?: Readonly<Record<string, string>>
  readonly variables?: Readonly<Record<string, string>>
  /** What the handler answers to each of the {@link Call}s. */
  readonly expected?: (call: Call) => unknown
  /** What the end of the log has to contain. */
  readonly logs?: RegExp
  /** For a package that cannot work: the error that the function ends with, and why it must. */
  readonly fails?: { readonly message: RegExp; readonly because: string }
}

/** The event of a call. */
export interface Call {
  /** Differs from call to call, so that no call can answer with another's result. */
  readonly who: string
  /** `http://127.0.0.1:PORT` of the test's own HTTP server. */
  readonly web: string
  /** Ports on 127.0.0.1: servers of the test's own, and one on which nobody listens. */
  readonly redis: number
  readonly smtp: number
  readonly closed: number
  /** Address that answers once both overlapping calls have asked for it. */
  readonly meet?: string
}
