import { execFileSync } from 'node:child_process'

interface Process {
  readonly id: number
  readonly parent: number
  /** `Z` first: it has ended, and only its parent has not asked how. */
  readonly state: string
  readonly command: string
}

function processes(): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
  return lines.map(line => {
    const [id, parent, state, ...command] = line.trim().split(/\s+/)
    return { id: Number(id), parent: Number(parent), state: state ?? '', command: command.join(' ') }
  })
}

/** A process and everything that descends from it, parents first. */
export function processTree(root: number): Process[] {
  const all = processes()
  const tree = all.filter(process => process.id === root)
  for (const process of tree) tree.push(...all.filter(other => other.parent === process.id))
  return tree
}

/** Those of the given processes that have not ended. */
export function stillRunning(ids: ReadonlyArray<number>): Process[] {
  return processes().filter(process => ids.includes(process.id) && !process.state.startsWith('Z'))
}

/** SIGKILL for a process and all of its descendants, as a machine that loses its power ends them: at once. */
export function killTree(root: number): void {
  for (const { id } of processTree(root)) {
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // It went with its parent.
    }
  }
}
