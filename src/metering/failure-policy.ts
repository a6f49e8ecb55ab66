/** What becomes of a request whose meter cannot be asked. */
export type WhenUnreachable = 'refuse' | 'pass'

/** What is at stake at a meter when nobody can ask it. */
export type Stake = 'key with a quota or a budget' | 'key with a rate only' | 'method' | 'account'

/**
 * Nobody may say yes in an object's place: the default is 503 everywhere. Where nothing but a rate is at stake its
 * owner may choose otherwise. What is paid for, or has an end, is never let pass.
 */
export const FAILURE_POLICY = {
  'key with a quota or a budget': { default: 'refuse', ownerMayChoose: false },
  /** By the plan's tag `weir:when-unreachable`. */
  'key with a rate only': { default: 'refuse', ownerMayChoose: true },
  /** By the stage's tag of that name. */
  method: { default: 'refuse', ownerMayChoose: true },
  /** By the operator. */
  account: { default: 'refuse', ownerMayChoose: true },
} as const satisfies Readonly<
  Record<Stake, { readonly default: WhenUnreachable; readonly ownerMayChoose: boolean }>
>

/** By which tag plans and stages say so. */
const WHEN_UNREACHABLE_TAG = 'weir:when-unreachable'

/** What the owner of a plan or a stage has chosen by its tags. */
export const chosenBy = (tags: Readonly<Record<string, string>> | undefined): 'pass' | undefined =>
  tags?.[WHEN_UNREACHABLE_TAG] === 'pass' ? 'pass' : undefined

/** What holds for a meter with that at stake whose owner chose `chosen`. */
export function whenUnreachable(stake: Stake, chosen: WhenUnreachable | undefined): WhenUnreachable {
  const policy = FAILURE_POLICY[stake]
  return policy.ownerMayChoose ? (chosen ?? policy.default) : policy.default
}

/**
 * For how long requests pass that nobody decides, milliseconds: from when the object was last heard of, or the last
 * lease from it has ended. They are counted, and reported to the object when it is back.
 */
export const PASS_FOR_MS = 10_000

/** While requests pass, the object is tried this often, milliseconds: nobody waits for it. */
export const TRY_AGAIN_MS = 500
