import { markedIn, markedObjects } from '../lib/object-marks.ts'
import { storePages } from '../lib/store-pages.ts'
import type { KeyRecord, Throttle } from './key-record.ts'

/**
 * What an account has where its operator sets nothing else: "10,000 requests per second (RPS) with an additional
 * burst capacity", which is 5,000. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export const ACCOUNT_THROTTLE: Throttle = { rateLimit: 10_000, burstLimit: 5_000 }

/** What all requests of an account's REST APIs in one region share. */
export interface AccountLimits {
  /** Grows with every change. */
  readonly version: number
  readonly throttle: Throttle
  /** What becomes of requests while the account's meter is out of reach; absent: they are refused. */
  readonly whenUnreachable?: 'pass'
}

const DEFAULTS: AccountLimits = { version: 0, throttle: ACCOUNT_THROTTLE }

interface Targets {
  readonly store: R2Bucket
  readonly meters: {
    getByName(name: string): { configure(record: KeyRecord): Promise<unknown>; forget(): Promise<unknown> }
  }
}

const folder = (account: string): string => `accounts/${account}/`

/**
 * The name of the meter object of an account in a region, which all requests of all of its REST APIs draw from.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export const accountMeterName = (account: string, region: string): string => folder(account) + region

const limitsPath = (account: string): string => `${folder(account)}limits.json`

/** What {@link accountMeterName} was made of; undefined for any other name. */
export function parseAccountMeterName(name: string): { account: string; region: string } | undefined {
  const [, account, region] = /^accounts\/([^/]+)\/([^/]+)$/.exec(name) ?? []
  return account !== undefined && region !== undefined ? { account, region } : undefined
}

/** The limits of an account, in every region of it. */
export async function readAccountLimits(store: R2Bucket, account: string): Promise<AccountLimits> {
  const found = await store.get(limitsPath(account))
  return found ? await found.json<AccountLimits>() : DEFAULTS
}

/** What the account's meter in a region works by: one plan that everybody is on. */
export function accountRecord(
  { account, region }: { readonly account: string; readonly region: string },
  { version, throttle, whenUnreachable }: AccountLimits,
): KeyRecord {
  const plan = { planId: 'account', since: 0, throttle, stages: [] }
  return {
    schema: 1,
    version,
    created: 0,
    account,
    region,
    keyId: 'everybody',
    name: '',
    enabled: true,
    kind: 'account',
    plans: [whenUnreachable ? { ...plan, whenUnreachable } : plan],
  }
}

/**
 * Sets limits of an account; what is not said stays as it is. When this returns they are in force: they are written
 * BEFORE the marks of the account's meters are read, and a meter writes its mark BEFORE it reads them.
 *
 * @param now epoch milliseconds: versions grow over everything that a reset has forgotten, too
 */
export async function setAccountLimits(
  { store, meters }: Targets,
  account: string,
  change: { readonly throttle?: Partial<Throttle>; readonly whenUnreachable?: 'pass' | 'refuse' },
  now: number,
): Promise<AccountLimits> {
  const before = await readAccountLimits(store, account)
  const { whenUnreachable = before.whenUnreachable } = change
  const limits: AccountLimits = {
    version: Math.max(before.version + 1, now),
    throttle: { ...before.throttle, ...change.throttle },
    ...(whenUnreachable === 'pass' && { whenUnreachable }),
  }
  await store.put(limitsPath(account), JSON.stringify(limits))
  for (const name of await markedObjects(store, folder(account))) {
    const owner = parseAccountMeterName(name)
    if (owner) await meters.getByName(name).configure(accountRecord(owner, limits))
  }
  return limits
}

/** Forgets an account's limits and what its meters know. */
export async function forgetAccountLimits({ store, meters }: Targets, account: string): Promise<void> {
  for await (const page of storePages(store, folder(account))) {
    const keys = page.map(({ key }) => key)
    await Promise.all(markedIn(keys).map(name => meters.getByName(name).forget()))
    await store.delete(keys)
  }
}
