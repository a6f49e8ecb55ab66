/**
 * An expected "no": the caller's input or the state of things does not allow what was asked.
 *
 * Control-plane operations throw it (it is the early return that crosses calls); the data plane's hot path uses
 * plain result values instead. `code` and `message` are public, `cause` is for the log only. HTTP statuses are
 * not known here: the wire derives them from the service's own error schemas.
 */
export class Refusal extends Error {
  readonly code: string
  /** Further members of the modelled error shape, such as `Reason` or `Type`. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { members?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = code
    this.code = code
    this.members = options.members ?? {}
  }
}
