import { API_PUBLICATION } from '../../../gateway/control/rest-api-records.ts'
import {
  DOMAIN_PUBLICATION,
  type DomainNameRecord,
  domainPublication,
} from '../../../gateway/domains/control/domain-records.ts'
import { KEY_PUBLICATION, PLAN_PUBLICATION } from '../../../metering/control/metering-records.ts'
import type { Change } from '../../../records/records.ts'
import type { Context } from './context.ts'

/** A pointer of the data plane that a change puts out of date. */
interface Outdated {
  readonly kind: string
  readonly id: string
}

export const apiOutdated = (id: string): Outdated => ({ kind: API_PUBLICATION, id })

/** What a change of an API puts out of date: its name is in metrics and traces, and all else waits for a deployment. */
export const renamed = (
  { id, doc }: { readonly id: string; readonly doc: { readonly name: string } },
  changed: { readonly name: string },
): Outdated[] => (changed.name === doc.name ? [] : [apiOutdated(id)])

export const keyOutdated = (valueHash: string): Outdated => ({ kind: KEY_PUBLICATION, id: valueHash })

/** See `KEYS_AT_ONCE` for plans with very many keys. */
export const planOutdated = ({ id }: { readonly id: string }): Outdated => ({ kind: PLAN_PUBLICATION, id })

export const domainOutdated = (domain: {
  readonly id: string
  readonly doc: DomainNameRecord
}): Outdated => ({
  kind: DOMAIN_PUBLICATION,
  id: domainPublication(domain.id, domain.doc),
})

/** Marks the pointers in the change itself, so that a crash after the commit loses none; publishes them in this order. */
export async function commitAndPublish(
  { platform, account }: Pick<Context, 'platform' | 'account'>,
  change: Change,
  ...outdated: readonly Outdated[]
): Promise<void> {
  for (const pointer of outdated) change.publish(pointer)
  await change.commit()
  for (const { kind, id } of outdated) await platform.publications.publish(account, kind, id)
}
