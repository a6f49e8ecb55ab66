import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Who runs, or last ran, on a data directory. */
export interface Holder {
  readonly port: number
  /** Processes that serve; empty until they are started. */
  readonly servers: ReadonlyArray<number>
}

export interface DataClaim {
  /** The one before, when it did not end by itself. */
  readonly left: Holder | undefined
  record(holder: Holder): void
  /** Forgets the holder: everything ended as it should. */
  release(): void
}

/** The directory's holder is running. */
export class DataInUse extends Error {
  readonly holder: Holder | undefined

  constructor(holder: Holder | undefined) {
    super('the data directory is in use')
    this.holder = holder
  }
}

const SQLITE_BUSY = 5

/**
 * Makes this process the only one to serve the data in `directory`: two servers on one set of files would each admit
 * a key's whole quota. The lock is the operating system's, held through SQLite, so it goes with the process however
 * that ends; the file beside it only says who it was.
 */
export function claimData(directory: string): DataClaim {
  mkdirSync(directory, { recursive: true })
  const file = join(directory, 'holder.json')
  const database = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw new DataInUse(readHolder(file))
    throw error
  }
  return {
    left: readHolder(file),
    record: holder => writeFileSync(file, JSON.stringify(holder)),
    release: () => {
      writeFileSync(file, '')
      if (database.isOpen) database.close()
    },
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    // Never written, emptied on release, or cut short by a crash: all of them say that nobody is known.
    return undefined
  }
}
