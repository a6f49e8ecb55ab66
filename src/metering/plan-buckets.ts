import type { KeyPlan, Throttle } from './key-record.ts'
import { LeasedBucket, type SavedBucket } from './leased-bucket.ts'

/** What a request asks buckets for. */
export interface Called {
  readonly apiId: string
  readonly stage: string
  /** `METHOD /resource/{path}`. */
  readonly method?: string
}

interface OwnBuckets {
  readonly bucketOf: ReadonlyMap<string, string>
  readonly throttles: ReadonlyMap<string, Throttle>
}

/** What a resource's method `ANY` stands for: these share its bucket, unless they have one of their own. */
const ANY = 'ANY '
const ALL_METHODS = ['DELETE ', 'GET ', 'HEAD ', 'OPTIONS ', 'PATCH ', 'POST ', 'PUT ']

/** Level and held tokens by the name of a method's bucket; a bucket that is not named is full. */
type SavedMethods = Readonly<Record<string, readonly [level: number | null, held: number]>>

/**
 * The buckets of one key on one plan: the plan's, and beside it those that the plan sets for methods of its stages. A
 * request of such a method takes from both: a method's throttle "doesn't change the fact that the overall usage plan
 * limit is still global to that key" (https://repost.aws/questions/QUFD1EPj5dRYaYaqpNepE34A).
 */
export class PlanBuckets {
  readonly plan: LeasedBucket
  readonly #methods = new Map<string, LeasedBucket>()
  /** Those of methods that the row written last tells of. */
  #said: ReadonlySet<LeasedBucket> = new Set()
  /** By stage: which bucket each of its methods has that has one of its own, and the limits of these buckets. */
  #own = new Map<string, OwnBuckets>()
  #stages: KeyPlan['stages'] | undefined

  /** `saved` is of the plan's bucket; `methods` what {@link inRow} made of the others. */
  constructor(
    limits: KeyPlan | undefined,
    saved: SavedBucket | undefined,
    methods: string | null | undefined,
    now: number,
  ) {
    this.plan = new LeasedBucket(limits?.throttle, saved, now)
    this.#readStages(limits)
    if (!saved || !methods) return
    for (const [name, [level, held]] of Object.entries(JSON.parse(methods) as SavedMethods))
      this.#methods.set(name, new LeasedBucket(this.#throttleOf(name), { level, at: saved.at, held }, now))
    this.#said = new Set(this.#methods.values())
  }

  /** Takes new limits; false when nothing has changed that a row tells. */
  configure(limits: KeyPlan | undefined, now: number): boolean {
    let changed = this.plan.configure(limits?.throttle, now)
    this.#readStages(limits)
    for (const [name, bucket] of this.#methods) {
      const throttle = this.#throttleOf(name)
      if (bucket.configure(throttle, now)) changed = true
      if (!throttle) this.#methods.delete(name)
    }
    return changed
  }

  /** Methods of a stage that have a bucket of their own, as {@link Called} names them. */
  ownMethods({ apiId, stage }: Called): readonly string[] | undefined {
    const own = this.#own.get(stageName(apiId, stage))
    return own && [...own.bucketOf.keys()]
  }

  /** The buckets that a request has to pass, the method's own first. */
  of({ apiId, stage, method }: Called, now: number): readonly LeasedBucket[] {
    const stageAt = stageName(apiId, stage)
    const own = this.#own.get(stageAt)
    const bucketName = method === undefined ? undefined : own?.bucketOf.get(method)
    if (!own || bucketName === undefined) return [this.plan]
    const name = `${stageAt} ${bucketName}`
    let bucket = this.#methods.get(name)
    if (!bucket) {
      bucket = new LeasedBucket(own.throttles.get(bucketName), undefined, now)
      this.#methods.set(name, bucket)
    }
    return [bucket, this.plan]
  }

  /** All that tokens are out of. */
  get held(): readonly LeasedBucket[] {
    return [this.plan, ...this.#methods.values()].filter(bucket => bucket.held > 0)
  }

  refill(now: number): void {
    this.plan.refill(now)
    for (const bucket of this.#methods.values()) bucket.refill(now)
  }

  /** Whether the row written last tells of these: one that it takes for full must not be taken from without another. */
  areSaid(buckets: readonly LeasedBucket[]): boolean {
    return buckets.every(bucket => bucket === this.plan || this.#said.has(bucket))
  }

  /** What a row says of methods' buckets while `more` requests of whatever method may be granted before the next. */
  inRow(more: number): string | null {
    const told = [...this.#methods].filter(([, bucket]) => !bucket.isFull)
    this.#said = new Set(told.map(([, bucket]) => bucket))
    if (told.length === 0) return null
    const row: SavedMethods = Object.fromEntries(
      told.map(([name, bucket]) => [name, [levelLess(bucket, more), bucket.heldWithin(more)]]),
    )
    return JSON.stringify(row)
  }

  #throttleOf(name: string): Throttle | undefined {
    for (const [stage, { throttles }] of this.#own)
      if (name.startsWith(`${stage} `)) return throttles.get(name.slice(stage.length + 1))
    return undefined
  }

  #readStages(limits: KeyPlan | undefined): void {
    if (this.#stages === limits?.stages) return
    this.#stages = limits?.stages
    this.#own = new Map()
    for (const { apiId, stage, throttle } of limits?.stages ?? []) {
      if (!throttle) continue
      const throttles = new Map(Object.entries(throttle).map(([key, own]) => [methodOf(key), own]))
      const bucketOf = new Map<string, string>()
      for (const name of throttles.keys())
        if (name.startsWith(ANY))
          for (const method of ALL_METHODS) bucketOf.set(method + name.slice(ANY.length), name)
      for (const name of throttles.keys()) if (!name.startsWith(ANY)) bucketOf.set(name, name)
      this.#own.set(stageName(apiId, stage), { bucketOf, throttles })
    }
  }
}

const stageName = (apiId: string, stage: string): string => `${apiId}/${stage}`

/** `GET /pets/{id}` of AWS's `/pets/{id}/GET`; the root's methods are `//GET`. */
function methodOf(key: string): string {
  const cut = key.lastIndexOf('/')
  return `${key.slice(cut + 1)} ${key.slice(0, cut) || '/'}`
}

/** The level that is left after `more` more requests. */
export const levelLess = ({ level }: LeasedBucket, more: number): number | null =>
  level === null ? null : Math.max(0, level - more)
