import { readdirSync, readFileSync } from 'node:fs'

/**
 * Processor time that every workerd of this process has used so far, microseconds; undefined where there is no
 * `/proc`. Unlike a rate it hardly depends on what else the machine does.
 */
export function workerdCpuTime(): number | undefined {
  try {
    const workerds = readdirSync('/proc').filter(isOwnWorkerd)
    if (workerds.length === 0) return undefined
    let nanoseconds = 0
    for (const workerd of workerds) {
      for (const thread of readdirSync(`/proc/${workerd}/task`)) {
        nanoseconds += Number(readFileSync(`/proc/${workerd}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
      }
    }
    return nanoseconds / 1000
  } catch {
    return undefined
  }
}

function isOwnWorkerd(id: string): boolean {
  if (!/^\d+$/.test(id)) return false
  try {
    // `pid (name) state ppid ...`
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${id}/stat`, 'utf8')) ?? []
    return name === 'workerd' && parent === String(process.pid)
  } catch {
    return false
  }
}
