import type { MirrorCounts, VersionCounts } from './version-counts.ts'

export const FEED_PROTOCOL = 1

/**
 * What an isolate tells a DeploymentDriver: not what was added, but all that it has counted under the name `sender`. So
 * a batch that is lost, doubled or overtaken by a later one does no harm.
 */
export interface FeedBatch {
  readonly protocol: typeof FEED_PROTOCOL
  /** Of one isolate, for as long as it lives. */
  readonly sender: string
  readonly tellings: readonly FeedTelling[]
}

/** Of one alias or stage under one deployment. */
export interface FeedTelling {
  readonly deployment: string
  /** See `targetId`. */
  readonly target: string
  /** Calls of the version that traffic comes from. */
  readonly baseline: VersionCounts
  /** Calls of the one that it goes to. */
  readonly canary: VersionCounts
  /** Absent where nothing is mirrored. */
  readonly mirrored?: MirrorCounts
  /** Isolates of the new version that were loaded in advance. */
  readonly warmed: number
}

export interface FeedReply {
  /** Milliseconds until the isolate speaks again, if it has something to say: {@link pauseFor}. */
  readonly everyMs: number
  /** Deployments of the batch of which nobody wants to hear any more. */
  readonly over?: readonly string[]
  /** Deployments of the batch whose new version gets no request any more: the pointers say so a moment later. */
  readonly back?: readonly string[]
}

/** Calls a second that a driver is meant to take of isolates. */
const AIM = 50

/** How long each of so many isolates waits from one telling to the next: a second, or longer where they are many. */
export const pauseFor = (senders: number): number => Math.max(1_000, Math.ceil((senders * 1_000) / AIM))
