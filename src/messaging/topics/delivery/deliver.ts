import type { Env } from '../../../env.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { PublishedSubscription, PublishedTopic } from '../published-topic.ts'
import type { TopicPlace } from '../topic-arn.ts'
import { deliverOverHttp } from './deliver-over-http.ts'
import { deliverToFunction } from './deliver-to-function.ts'
import type { Parcel } from './parcel-tables.ts'

/** What became of one try. `rejected`: trying again would not help. */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed' | 'rejected'; readonly why: string }

/** One message for one subscription. */
export interface Sending {
  readonly place: TopicPlace
  readonly topic: PublishedTopic
  readonly subscription: PublishedSubscription
  readonly parcel: Parcel
  /** Which message of the parcel. */
  readonly message: number
}

/** Tries once to bring a message to a subscriber. Throws when Weir itself could not, which may pass. */
export const deliver = (env: Env, clock: Clock, sending: Sending): Promise<Outcome> =>
  sending.subscription.protocol === 'lambda'
    ? deliverToFunction(env, clock, sending)
    : deliverOverHttp(env, sending)
