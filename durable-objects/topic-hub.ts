import type { Env } from '../src/env.ts'
import type { ServicePrincipal } from '../src/functions/invocation.ts'
import { ByteLru } from '../src/lib/byte-lru.ts'
import { systemClock } from '../src/lib/clock.ts'
import { deliver, type Outcome } from '../src/messaging/topics/delivery/deliver.ts'
import { DeliveryLanes, type LaneLimits } from '../src/messaging/topics/delivery/delivery-lanes.ts'
import { retriesOf } from '../src/messaging/topics/delivery/delivery-policy.ts'
import {
  type Address,
  type Delivery,
  type Notice,
  type Parcel,
  ParcelTables,
} from '../src/messaging/topics/delivery/parcel-tables.ts'
import { pauseAfter } from '../src/messaging/topics/delivery/retry-policy.ts'
import { SubscriptionTable } from '../src/messaging/topics/delivery/subscription-table.ts'
import {
  compileFilterPolicy,
  type MessageFilter,
} from '../src/messaging/topics/filters/compile-filter-policy.ts'
import { mayPublish } from '../src/messaging/topics/may-publish.ts'
import type {
  PublishedMessage,
  PublishedSubscription,
  PublishedTopic,
  PublishReply,
} from '../src/messaging/topics/published-topic.ts'
import { topicArn, topicOfHub } from '../src/messaging/topics/topic-arn.ts'
import { policyOfTopic } from '../src/messaging/topics/topic-policy.ts'
import { PointerObject } from './pointer-object.ts'

/** Functions are handed events, which takes a few milliseconds each. */
const FUNCTIONS: LaneLimits = { atOnce: 24, toOne: 12 }

/** "Six connections open": the platform lets what is more wait, and their time would run. */
const ENDPOINTS: LaneLimits = { atOnce: 6, toOne: 4 }

/** Deliveries that have not succeeded: from then on nothing is taken. */
const MOST_WAITING = 100_000

/** Addresses of a parcel, which is a row of two megabytes at most: messages take up to 1.5 of them. */
const LARGEST_PARCEL = 5_000

/** Characters of messages that are remembered while they are delivered. */
const REMEMBERED = 16 * 1024 * 1024

/** Until what Weir itself could not do is tried again, and how old a message may become by that. */
const HINDERED_MS = 5_000
const LONGEST_HINDRANCE_MS = 24 * 3_600_000

/** `hindered`: Weir itself could not, which is no failure of the subscriber's. */
type Tried = Outcome | { readonly kind: 'hindered'; readonly why: string }

/** After a crash, what was under way is begun again at the latest then. */
const GUARD_MS = 10_000

/** How much of a parcel is not done. */
interface Progress {
  /** Deliveries that have not been tried once. */
  untried: number
  /** Deliveries that are not over. */
  open: number
}

/**
 * One topic: its subscriptions, and what was published and has not reached all of them. What is published is written
 * down before it is answered; each subscriber is told at least once. Named by `topicHubName`; as a pointer, it tells
 * isolates the topic's policy.
 */
export class TopicHub extends PointerObject {
  readonly #subscriptions: SubscriptionTable
  readonly #parcels: ParcelTables
  readonly #lanes = { functions: new DeliveryLanes(FUNCTIONS), endpoints: new DeliveryLanes(ENDPOINTS) }
  readonly #progress = new Map<number, Progress>()
  readonly #remembered = new ByteLru<Parcel>(REMEMBERED)
  readonly #filters = new WeakMap<PublishedSubscription, MessageFilter>()
  #topic: PublishedTopic | undefined
  #alarmAt: number | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#subscriptions = new SubscriptionTable(ctx.storage.sql)
    this.#parcels = new ParcelTables(ctx.storage.sql)
    this.#know()
    for (const delivery of this.#parcels.pending(Date.now())) this.#add(delivery)
    if (this.#progress.size > 0) void this.#go()
  }

  /** `doc` null: the topic is deleted, and with it its subscriptions and what they were not told yet. */
  override write(generation: number, doc: string | null): void {
    super.write(generation, doc)
    this.#know()
    this.#subscriptions.clearExcept(this.#topic?.uid)
    if (this.#topic) return
    this.#parcels.clear()
    this.#progress.clear()
    for (const lanes of Object.values(this.#lanes)) lanes.clear()
  }

  writeSubscription(id: string, generation: number, doc: PublishedSubscription | null): void {
    this.#subscriptions.write(id, generation, doc)
  }

  /** Takes messages for all subscribers that want them. */
  publish(messages: readonly PublishedMessage[], by?: ServicePrincipal): PublishReply {
    if (!this.#topic) return 'no such topic'
    if (by && !mayPublish(policyOfTopic(this.#topic), topicArn(this.#place), by)) return 'not permitted'
    if (this.#lanes.functions.size + this.#lanes.endpoints.size > MOST_WAITING) return 'too much waits'
    const wanted: Address[] = []
    for (const subscription of this.#subscriptions.all) {
      if (subscription.isPending || subscription.topicUid !== this.#topic.uid) continue
      const wants = this.#filterOf(subscription)
      for (const [index, message] of messages.entries()) {
        if (wants(message)) wanted.push([index, subscription.id])
      }
    }
    for (let at = 0; at < wanted.length; at += LARGEST_PARCEL) {
      this.#take({ messages }, wanted.slice(at, at + LARGEST_PARCEL))
    }
    return 'taken'
  }

  /** Tells a subscription how to confirm it, or that it is over. */
  notify(kind: Notice, subscription: PublishedSubscription, token: string, message: PublishedMessage): void {
    const parcel = { messages: [message], notice: { kind, subscription, token } }
    this.#take(parcel, [[0, subscription.id]])
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    await this.#go()
  }

  #know(): void {
    const reply = this.read(undefined)
    this.#topic = 'doc' in reply ? (JSON.parse(reply.doc) as PublishedTopic) : undefined
  }

  #filterOf(subscription: PublishedSubscription): MessageFilter {
    if (!subscription.filter) return () => true
    let filter = this.#filters.get(subscription)
    if (!filter) {
      filter = compileFilterPolicy(subscription.filter.policy, subscription.filter.scope)
      this.#filters.set(subscription, filter)
    }
    return filter
  }

  #take(parcel: Parcel, addresses: readonly Address[]): void {
    const number = this.#parcels.add(parcel, addresses)
    this.#remember(number, parcel)
    const due = Date.now()
    for (const [message, subscription] of addresses) {
      this.#add({ parcel: number, message, subscription, failures: 0, due })
    }
    // What is sent waits for what was written.
    void this.#go()
  }

  #add(delivery: Delivery): void {
    let progress = this.#progress.get(delivery.parcel)
    if (!progress) {
      progress = { untried: 0, open: 0 }
      this.#progress.set(delivery.parcel, progress)
    }
    progress.open += 1
    if (delivery.failures === 0) progress.untried += 1
    this.#lanesOf(delivery).add(delivery)
  }

  #lanesOf({ subscription }: Delivery): DeliveryLanes {
    // Functions are told of nothing but messages: a subscription that is gone and has something coming is an endpoint's.
    return this.#subscriptions.get(subscription)?.protocol === 'lambda'
      ? this.#lanes.functions
      : this.#lanes.endpoints
  }

  #subscriptionOf(parcel: number, id: string): PublishedSubscription | undefined {
    return this.#parcel(parcel)?.notice?.subscription ?? this.#subscriptions.get(id)
  }

  /** Begins all that may begin now, and sees to it that what is left begins in time. Settles when these are over. */
  async #go(): Promise<void> {
    const now = Date.now()
    const begun = Object.values(this.#lanes).flatMap(lanes =>
      lanes.take(now).map(delivery => this.#deliver(delivery, lanes)),
    )
    if (this.#progress.size > 0) {
      // What is due and waits for others begins when one of them ends.
      const dues = Object.values(this.#lanes).map(({ nextDue = 0 }) => nextDue)
      this.#planAlarm(Math.min(now + GUARD_MS, ...dues.filter(due => due > now)))
    }
    await Promise.all(begun)
  }

  async #deliver(delivery: Delivery, lanes: DeliveryLanes): Promise<void> {
    const outcome = await this.#try(delivery)
    const progress = this.#progress.get(delivery.parcel)
    lanes.end(delivery, outcome?.kind === 'failed' || outcome?.kind === 'hindered')
    // Without it, the topic was deleted meanwhile.
    if (outcome?.kind === 'hindered') {
      if (progress) lanes.add({ ...delivery, due: Date.now() + HINDERED_MS })
    } else if (progress) this.#settle(delivery, outcome, progress)
    void this.#go()
  }

  /** Undefined: nobody is to be told any more. */
  async #try({ parcel: number, message, subscription: id }: Delivery): Promise<Tried | undefined> {
    const parcel = this.#parcel(number)
    const subscription = this.#subscriptionOf(number, id)
    const topic = this.#topic
    if (!parcel || !subscription || !topic) return undefined
    try {
      return await deliver(this.env, systemClock, {
        place: this.#place,
        topic,
        subscription,
        parcel,
        message,
      })
    } catch (error) {
      const why = String(error)
      const isLong = Date.now() - parcel.messages[message]!.at > LONGEST_HINDRANCE_MS
      if (!isLong)
        console.error(`a message of ${topicArn(this.#place)} waits, for Weir cannot deliver it: ${why}`)
      return { kind: isLong ? 'rejected' : 'hindered', why }
    }
  }

  #settle(delivery: Delivery, outcome: Outcome | undefined, progress: Progress): void {
    const { parcel, subscription: id, failures } = delivery
    if (failures === 0) progress.untried -= 1
    progress.open -= 1
    const subscription = this.#subscriptionOf(parcel, id)
    const again = outcome?.kind === 'failed' && subscription && this.#topic
    const pause = again
      ? pauseAfter(retriesOf(this.#topic!, subscription), failures + 1, Math.random())
      : undefined
    if (pause !== undefined) {
      const retry = { ...delivery, failures: failures + 1, due: Date.now() + Math.ceil(pause) }
      this.#parcels.retry(retry)
      this.#add(retry)
    } else {
      this.#parcels.end(delivery)
      if (outcome && outcome.kind !== 'delivered') {
        console.warn(
          `${topicArn(this.#place)}:${id} (${subscription?.endpoint}) was not told: ${outcome.why}`,
        )
      }
    }
    if (progress.open === 0) {
      this.#parcels.remove(parcel)
      this.#progress.delete(parcel)
      this.#remembered.delete(String(parcel))
    } else if (failures === 0 && progress.untried === 0) this.#parcels.endFirstRound(parcel)
  }

  #parcel(number: number): Parcel | undefined {
    const known = this.#remembered.get(String(number))
    if (known) return known
    const parcel = this.#parcels.get(number)
    if (parcel) this.#remember(number, parcel)
    return parcel
  }

  #remember(number: number, parcel: Parcel): void {
    const size = parcel.messages.reduce((sum, { message }) => sum + message.length, 500)
    this.#remembered.set(String(number), parcel, size)
  }

  /** An alarm that is set for earlier stays, and finds out what is due then. */
  #planAlarm(time: number): void {
    if (this.#alarmAt !== undefined && this.#alarmAt <= time) return
    this.#alarmAt = time
    void this.ctx.storage.setAlarm(time)
  }

  get #place() {
    const { name } = this.ctx.id
    if (!name) throw new Error('a topic is addressed by name')
    return topicOfHub(name)
  }
}
