import type { Effect, Phase } from '../../../src/deployments/deployment-state.ts'

/** A moment of a deployment at which it can be stopped for good. */
export interface Checkpoint {
  readonly deployment: string
  /** What is done, or heard. */
  readonly call: string
  readonly when: 'before' | 'after'
  /** Name of its group; it and what follows are absent where the object of the group does not say it. */
  readonly group?: string
  /** As it stood on disk when that began; `none`: there was nothing yet. */
  readonly phase?: Phase | 'none'
  readonly step?: number
  readonly wanted?: readonly Effect['kind'][]
  /** How many changes of the deployment are on disk. */
  readonly change?: number
  /** Of a hook: the execution's id; of a topic: the messages. */
  readonly detail?: string
}
