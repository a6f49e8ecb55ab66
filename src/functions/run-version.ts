import type { Answered, Streamed } from './invocation.ts'
import type { KeyTrouble } from './key-unusable.ts'
import type { LogTarget } from './log-lines.ts'
import type { Manifest } from './manifest.ts'
import type { Patience } from './patience.ts'

/** One call of one version: what is left to do once it is known which version answers whom. */
export interface Run {
  /** Store key of the version's manifest. */
  readonly manifest: string
  /** What lies there, if the caller knows: it need not be read then. */
  readonly known?: Manifest
  /** Whether events may overlap in one isolate: the function's owner said so. */
  readonly shared: boolean
  /** As the caller named the version; ends the `invokedFunctionArn`. */
  readonly qualifier?: string
  readonly requestId: string
  readonly payload: string | Uint8Array
  readonly clientContext?: string
  readonly identity?: string
  readonly traceId?: string
  /** Ends the call from outside; what it throws then is the signal's reason. */
  readonly signal?: AbortSignal
  /** Of the caller; told when the call is known to end in time. */
  readonly patience?: Patience
  /** Awaited right before the function gets its event, and its time begins; the call rejects, unmade, as it does. */
  readonly starting?: (manifest: Manifest, target: LogTarget) => Promise<void>
}

/**
 * The call was not made. `not-found`: there is no such manifest or code. `throttled`: other isolates hold every slot
 * that was tried. `unavailable`: a fault of the platform, over as soon as what failed is back. `interrupted`: the
 * process that ran it was restarted for another function's sake; nothing is known of how far the call came.
 * `key-unusable`: the function's variables cannot be decrypted.
 */
export interface NotRun {
  readonly kind: 'not-run'
  readonly reason: 'not-found' | 'throttled' | 'unavailable' | 'interrupted' | 'key-unusable'
  /** Of `key-unusable`: what is wrong with the KMS key of the function's variables. */
  readonly trouble?: { readonly code: KeyTrouble; readonly message: string }
  /** For the log. */
  readonly cause?: unknown
}

/**
 * Runs versions of functions: in isolates that this isolate loads ({@link LoadedVersions}), or in a process of
 * their own.
 */
export interface RunVersion {
  run(run: Run): Promise<Answered | NotRun>
  /** As `run`, with the answer as it is produced. */
  stream(run: Run): Promise<Streamed | NotRun>
  /** Loads so many isolates of a version, so that the next calls find them warm. */
  warm(manifest: string, isolates: number): Promise<void>
}
