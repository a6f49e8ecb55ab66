import type { Shifted, Writer } from '../feed/shift.ts'
import type { Refused } from './target.ts'

/**
 * Whether a deployment may write to the traffic of an alias or a stage. `done`: it has written this before.
 *
 * @param what `claim` takes it over, `move` shares it out, `end` lets go of it
 * @param isThere whether it is where the end leaves it
 */
export function admitWrite(
  { shift, lastWriter }: Shifted,
  { owner, seq }: Writer,
  what: 'claim' | 'move' | 'end',
  isThere: boolean,
): 'write' | 'done' | Refused {
  if (shift && shift.deployment !== owner)
    return { reason: 'taken', message: `deployment ${shift.deployment} moves its traffic` }
  const last = lastWriter?.owner === owner ? lastWriter.seq : undefined
  if (last !== undefined && seq < last)
    return { reason: 'late', message: `deployment ${owner} has written something newer` }
  if (shift) return what === 'claim' && seq === last ? 'done' : 'write'
  if (what === 'claim' && last === undefined) return 'write'
  if (what === 'end' && last !== undefined && isThere) return 'done'
  return {
    reason: 'late',
    message: `deployment ${owner} does not have it${last === undefined ? '' : ' any more'}`,
  }
}
