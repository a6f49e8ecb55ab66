import type { Writer } from '../feed/shift.ts'
import type { StickyKey } from '../release.ts'

/** What an alias or a stage serves now. */
export interface TargetState {
  /** The version that it points at, or the deployment that a stage serves: while it is shifted, the one it comes from. */
  readonly current: string
  /** The other one that gets a share of its traffic, whoever decided that; 0 to 1. */
  readonly other?: { readonly version: string; readonly share: number }
  /** Id of the deployment that moves its traffic. */
  readonly owner?: string
}

/** How a deployment takes an alias or a stage over. */
export interface Claim extends Writer {
  /** Name of the DeploymentDriver that isolates are to tell how both versions do. */
  readonly driver: string
  readonly sticky?: readonly StickyKey[]
  /** Isolates of the new version to be loaded before its first request. */
  readonly prewarm?: number
}

/** Who gets what of the traffic, both 0 to 1. */
export interface Split {
  /** Requests that the new version answers. */
  readonly share: number
  /** Requests that the old version answers and the new one is given a copy of. */
  readonly mirror?: number
}

/**
 * Undefined: it is so, and the data plane has been told; isolates see it within a second. Otherwise nothing was written.
 * `gone`: there is no such alias or stage, or no such version. `taken`: another deployment has it. `moved`: it is not at
 * the version where the deployment expects it to be, or is split between two. `late`: the owner has written something
 * newer, or has let go of it.
 */
export type NotMoved = Refused | undefined

export interface Refused {
  readonly reason: 'gone' | 'taken' | 'moved' | 'late'
  readonly message: string
}

/** An alias or a stage as a deployment moves it. Every call may be repeated; only a surprise is thrown. */
export interface Target {
  /** Undefined where there is no such alias or stage. */
  read(): Promise<TargetState | undefined>
  /** Takes it over: from now on nobody else moves its traffic, and the new version gets none of it yet. */
  claim(claim: Claim): Promise<NotMoved>
  set(writer: Writer, split: Split): Promise<NotMoved>
  /** All traffic goes to the new version from now on, and it is everybody's again. */
  settle(writer: Writer): Promise<NotMoved>
  /** All traffic goes to the old version from now on, and it is everybody's again. */
  restore(writer: Writer): Promise<NotMoved>
  /** It stays as it is from now on, split or not, and is everybody's again. */
  leave(writer: Writer): Promise<NotMoved>
}
