import { modify } from '../../records/modify.ts'
import type { Change } from '../../records/records.ts'
import type { Shift, Shifted, Writer } from '../feed/shift.ts'
import { admitWrite } from './admit-write.ts'
import type { Claim, NotMoved, Refused, Target, TargetState } from './target.ts'

/** What is different about an alias and a stage. `T`: its record. */
interface OwnedKind<T extends Shifted> {
  /** See `targetId`. */
  readonly name: string
  /** The version that the deployment brings. */
  readonly to: string
  /** Reads the record; a refusal where it is not there. */
  load(): Promise<Refused | Loaded<T>>
  /** What is read by {@link Target.read}: the record alone. */
  read(): Promise<T | undefined>
  /** The version that a record is at with all its traffic, or comes from. */
  current(doc: T): string
  /** Why a record that no deployment has cannot be taken over. */
  refuseClaim(doc: T): string | undefined
  /** The same with none of its traffic at the new version yet. */
  begun(doc: T): T
  shared(doc: T, share: number): T
  /** All of its traffic is the new version's, and there is nothing of a deployment left but what says who has it. */
  settled(doc: T): T
  restored(doc: T): T
  state(doc: T): TargetState
  /** Tells the data plane what was committed, also what somebody who was cut off has committed. */
  publish(): Promise<void>
}

interface Loaded<T> {
  readonly doc: T
  /** Why the version that the deployment brings cannot serve. */
  readonly lacking?: string
  /** Begins a change of the record. */
  replace(doc: T): Change
}

/** What deployments move is theirs while they do: what only they may write, in the order that they say. */
export function ownedTarget<T extends Shifted>(kind: OwnedKind<T>): Target {
  /** `back` is an end, too, for which the new version need not be there. */
  const write = async (
    what: 'claim' | 'move' | 'end' | 'back',
    writer: Writer,
    changed: (doc: T) => T | Refused,
    isThere: (doc: T) => boolean = () => false,
  ): Promise<NotMoved> => {
    const refusal = await modify<NotMoved>(async () => {
      const found = await kind.load()
      if ('reason' in found) return found
      if (what !== 'back' && found.lacking !== undefined) return { reason: 'gone', message: found.lacking }
      const admitted = admitWrite(found.doc, writer, what === 'back' ? 'end' : what, isThere(found.doc))
      if (admitted === 'done') return undefined
      if (admitted !== 'write') return admitted
      const doc = changed(found.doc)
      if ('reason' in doc) return doc as Refused
      await found.replace({ ...doc, lastWriter: { owner: writer.owner, seq: writer.seq } }).commit()
      return undefined
    })
    if (!refusal) await kind.publish()
    return refusal
  }

  const letGo = (doc: T): T => ({ ...doc, shift: undefined })
  const isNew = (doc: T) => kind.current(doc) === kind.to

  return {
    async read() {
      const found = await kind.read()
      return found && kind.state(found)
    },

    claim: claim =>
      write('claim', claim, doc => {
        const from = doc.shift?.from ?? kind.current(doc)
        const refused = doc.shift ? undefined : kind.refuseClaim(doc)
        if (refused !== undefined) return { reason: 'moved', message: refused }
        return { ...(doc.shift ? doc : kind.begun(doc)), shift: shiftOf(kind, from, claim) }
      }),

    set: (writer, { share, mirror }) =>
      write('move', writer, doc => ({
        ...kind.shared(doc, share),
        shift: { ...doc.shift!, mirror: mirror || undefined },
      })),

    settle: writer => write('end', writer, doc => letGo(kind.settled(doc)), isNew),
    restore: writer =>
      write(
        'back',
        writer,
        doc => letGo(kind.restored(doc)),
        doc => !isNew(doc),
      ),
    leave: writer => write('back', writer, letGo, () => true),
  }
}

const shiftOf = (
  { name, to }: Pick<OwnedKind<Shifted>, 'name' | 'to'>,
  from: string,
  { owner, driver, sticky, prewarm }: Claim,
): Shift => ({
  deployment: owner,
  driver,
  target: name,
  from,
  to,
  ...(sticky && sticky.length > 0 && { sticky }),
  ...(prewarm && { prewarm }),
})
