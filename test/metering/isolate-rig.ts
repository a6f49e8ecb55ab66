import { Admission } from '../../src/metering/admission.ts'
import { AdmitLevels, type RequestLevels } from '../../src/metering/admit-levels.ts'
import type { Admittance, Decision } from '../../src/metering/decision.ts'
import type { LeaseReply, LeaseRequest } from '../../src/metering/lease-protocol.ts'
import type { AdmissionTarget } from '../../src/metering/meter-memory.ts'
import { NAME, TARGET } from './simulated-key.ts'
import { World } from './simulation.ts'

/** A method with a bucket of its own, of an API whose account is counted, too. */
export const LEVELS: RequestLevels = {
  key: { ...TARGET, method: 'GET /' },
  method: {
    meter: 'throttles/method',
    target: { ...TARGET, throttle: { rate: 100, burst: 100, version: 1 } },
    isClosed: false,
  },
  account: { meter: 'accounts/account', target: { apiId: '', stage: '', level: 'account' } },
}

type Answer = Partial<LeaseReply> | Promise<Partial<LeaseReply>>

/** One isolate whose objects answer as they are told, over a network of 10 ms each way. */
export class Rig {
  readonly world = new World()
  readonly calls: LeaseRequest[] = []
  /** Names of the objects that were called, one for each of `calls`. */
  readonly called: string[] = []
  readonly lookups: string[] = []
  readonly decisions: Decision[] = []
  readonly admittances: Admittance[] = []
  exists: (name: string) => Promise<boolean> = async () => true
  answer: (request: LeaseRequest, name: string) => Answer = () => ({})
  latency = 10
  clockOff = 0
  readonly admission: Admission
  readonly levels: AdmitLevels

  constructor(capacity?: number) {
    this.admission = new Admission({
      clock: () => this.world.now + this.clockOff,
      callObject: async (name, request) => {
        this.calls.push(request)
        this.called.push(name)
        await this.sleep(this.latency)
        const answer = await this.answer(request, name)
        await this.sleep(this.latency)
        return {
          protocol: 1,
          id: request.id,
          version: 1,
          grantedAt: 1,
          keyId: 'key',
          planId: 'plan',
          admitted: request.waiting,
          callAfterMs: 0,
          ...answer,
        }
      },
      recordExists: async name => {
        this.lookups.push(name)
        return this.exists(name)
      },
      defer: () => {},
      sleep: ms => this.sleep(ms),
      newId: () => 'isolate',
      ...(capacity !== undefined && { capacity }),
    })
    this.levels = new AdmitLevels(this.admission)
  }

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.world.at(this.world.now + ms, resolve))
  }

  /** A request at a time; its decision is kept. */
  request(at: number, name = NAME, target: AdmissionTarget = TARGET): void {
    this.world.at(at, () => {
      void Promise.resolve(this.admission.admit(name, target)).then(decision => this.decisions.push(decision))
    })
  }

  /** A request that all levels count; what they decide is kept. */
  pass(at: number, levels = LEVELS, key: string | undefined = NAME): void {
    this.world.at(at, () => {
      void Promise.resolve(this.levels.admit(levels, key)).then(admittance =>
        this.admittances.push(admittance),
      )
    })
  }

  /** Requests that let the isolate see demand, until it holds a lease of `tokens`, sent for at 100 and living until 225. */
  warm(tokens?: number): Promise<void> {
    return this.#warm(at => this.request(at), tokens)
  }

  /** The same of all levels. */
  warmLevels(tokens?: number): Promise<void> {
    return this.#warm(at => this.pass(at), tokens)
  }

  async #warm(send: (at: number) => void, tokens = 50): Promise<void> {
    for (let at = 0; at < 60; at += 2) send(at)
    await this.world.run(99)
    this.answer = ({ extra }) => (extra > 0 ? { lease: { tokens, lifeMs: 125 } } : {})
    send(100)
    await this.world.run(121)
    this.forget()
  }

  forget(): void {
    this.calls.length = 0
    this.called.length = 0
    this.decisions.length = 0
    this.admittances.length = 0
  }
}
