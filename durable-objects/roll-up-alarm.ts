/** The one alarm of an object that has to tell the database something, some time after there is something to tell. */
export class RollUpAlarm {
  readonly #storage: DurableObjectStorage
  readonly #afterMs: number
  readonly #spreadMs: number
  #isSet = true

  /** @param spreadMs at random on top of `afterMs`, so that objects do not all write at once */
  constructor(storage: DurableObjectStorage, afterMs: number, spreadMs: number) {
    this.#storage = storage
    this.#afterMs = afterMs
    this.#spreadMs = spreadMs
  }

  /** Before anything else. An alarm that is set already stays: putting it off at every start could do so for ever. */
  async load(): Promise<void> {
    this.#isSet = (await this.#storage.getAlarm()) !== null
  }

  /** There is something to tell. */
  plan(): void {
    if (this.#isSet) return
    this.#isSet = true
    this.#storage.setAlarm(Date.now() + this.#afterMs + Math.random() * this.#spreadMs)
  }

  /** The alarm has gone off. A `rollUp` that fails has planned the next one. */
  async ring(rollUp: () => Promise<void>): Promise<void> {
    this.#isSet = false
    try {
      await rollUp()
    } catch (error) {
      console.warn('the usage table was not reached; trying again', error)
    }
  }

  async cancel(): Promise<void> {
    this.#isSet = false
    await this.#storage.deleteAlarm()
  }
}
