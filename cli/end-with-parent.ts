/**
 * Loaded into wrangler's process before wrangler itself (`node --import`). Wrangler leaves its children to the system
 * when it is told to stop, and running when it is killed; this ends and reaps them first. It acts on the message
 * `stop` and, as the channel closes with the other end, also when the command that started it was killed.
 */
import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'

const children = new Set<ChildProcess>()
let ending = false

function tell(message: { started: number } | { ended: number }): void {
  if (process.connected) process.send?.(message)
}

function forget(child: ChildProcess): void {
  children.delete(child)
  if (child.pid) tell({ ended: child.pid })
  if (ending && children.size === 0) process.exit(0)
}

function end(): void {
  if (ending) return
  ending = true
  if (children.size === 0) process.exit(0)
  // Everything acknowledged is on disk (SQLite's log), so there is nothing that a gentler signal would save.
  for (const child of children) child.kill('SIGKILL')
}

subscribe('child_process', message => {
  const { process: child } = message as { process: ChildProcess }
  children.add(child)
  child.once('exit', () => forget(child))
  child.once('error', () => forget(child))
  child.once('spawn', () => {
    if (ending) child.kill('SIGKILL')
    else tell({ started: child.pid! })
  })
})

process.on('message', message => {
  if (message === 'stop') end()
})
process.on('disconnect', end)
// Listening for messages must not keep a wrangler alive that wants to end.
process.channel?.unref()
