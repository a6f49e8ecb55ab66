import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { shardNames } from '../ingest/batch.ts'
import { decodeChunk } from './chunk.ts'
import type { KeptEvent } from './kept-event.ts'
import { logStoreName } from './log-event.ts'
import { readFrames } from './tails.ts'

/** Somebody who follows what groups take. */
export interface Following {
  /** What has come since the last time. */
  take(): KeptEvent[]
  stop(): void
}

/** How long an object that went away is left alone before it is followed again. */
const AGAIN_AFTER_MS = 1_000

/** How often it is looked whether a group has got more objects. */
const LOOK_AGAIN_MS = 30_000

/** Events that wait to be taken, at most: the oldest are let go of. */
const MOST_WAITING = 50_000

/** Follows all objects of a group; once this has resolved, nothing that it takes is missed. */
export async function followGroup(
  env: Pick<Env, 'LOG_STORE'>,
  account: Account,
  group: string,
  wait: (ms: number) => Promise<unknown>,
): Promise<Following> {
  const root = logStoreName(account, group)
  const readers = new Map<string, ReadableStreamDefaultReader<Uint8Array> | undefined>()
  let waiting: KeptEvent[] = []
  let isOver = false

  const open = async (name: string): Promise<void> => {
    const stream = await env.LOG_STORE.getByName(name).follow()
    const reader = stream.getReader()
    if (isOver) return reader.cancel()
    readers.set(name, reader)
    void read(name, reader)
  }

  const read = async (name: string, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
    try {
      for await (const chunk of readFrames(reader)) {
        waiting.push(...decodeChunk(chunk))
        if (waiting.length > MOST_WAITING) waiting = waiting.slice(-MOST_WAITING)
      }
    } catch {
      // An object that moves breaks off; what it takes meanwhile is not seen, as nothing is promised of a tail.
    }
    while (!isOver) {
      await wait(AGAIN_AFTER_MS)
      try {
        return isOver ? undefined : await open(name)
      } catch (error) {
        console.warn(`${name} cannot be followed yet`, error)
      }
    }
  }

  const openAll = async (): Promise<void> => {
    const names = shardNames(root, await env.LOG_STORE.getByName(root).shards())
    const unknown = names.filter(name => !readers.has(name))
    for (const name of unknown) readers.set(name, undefined)
    await Promise.all(unknown.map(open))
  }

  const look = async (): Promise<void> => {
    while (!isOver) {
      await wait(LOOK_AGAIN_MS)
      if (!isOver) await openAll().catch(error => console.warn(`${root} cannot be followed yet`, error))
    }
  }

  await openAll()
  void look()
  return {
    take() {
      const taken = waiting
      waiting = []
      return taken
    },
    stop() {
      isOver = true
      for (const reader of readers.values()) reader?.cancel().catch(() => {})
    },
  }
}
