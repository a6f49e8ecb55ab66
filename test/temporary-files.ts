import { mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm'
const OURS = 'weir-tests-'
/** What a run writes, and more than once what its processes need beside it. */
const ROOM = 2 * 2 ** 30
const AVAILABLE = 6 * 2 ** 30

/**
 * Servers under test sync all they write, as they must, and on a disk many tests wait for little else. So the temporary
 * files of a run are in memory where there is room for them, unless `TMPDIR` says where they belong.
 */
export function keepTemporaryFilesInMemory(): void {
  if (process.env.TMPDIR || !hasRoom()) return
  for (const name of readdirSync(MEMORY)) {
    if (name.startsWith(OURS) && !isRunning(Number(name.slice(OURS.length)))) remove(join(MEMORY, name))
  }
  const directory = join(MEMORY, `${OURS}${process.pid}`)
  mkdirSync(directory, { recursive: true })
  process.env.TMPDIR = directory
  process.once('exit', () => remove(directory))
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM && process.availableMemory() >= AVAILABLE
  } catch {
    // Another system, which has no such directory.
    return false
  }
}

/** Whether the run that a directory is of goes on: one that was killed leaves its own behind. */
function isRunning(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    // Or it is another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

const remove = (directory: string): void => rmSync(directory, { recursive: true, force: true })
