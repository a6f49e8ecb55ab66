import type { Env } from '../../env.ts'
import type { Publication, Publish } from '../../records/publications.ts'
import { Records, StaleRevision } from '../../records/records.ts'
import type { ConnectedMapping, EventSource, EventSources } from './event-source.ts'
import { eventSourceMappings } from './mapping-records.ts'
import { sourceTypeOf } from './source-types.ts'

/**
 * Brings a mapping to the state it is on its way to: tells its source, and only then says so. When the process dies
 * in between, the source is told again.
 */
export const publishMapping =
  (env: Pick<Env, 'DB'>, sources: EventSources): Publish =>
  async (publication: Publication) => {
    const account = { id: publication.id, region: publication.region }
    const records = new Records(env.DB, account)
    const stored = await records.get(eventSourceMappings, '', publication.pointer)
    if (!stored) return
    const { state, ...mapping } = stored.doc
    const source = sourceOf(sources, mapping.sourceArn)
    const connected: ConnectedMapping = { ...mapping, account, uuid: stored.id }
    const change = records.change()
    if (state === 'Deleting') {
      await source.forget(connected)
      change.remove(eventSourceMappings, stored)
    } else {
      if (mapping.isEnabled) await source.connect(connected)
      else await source.disconnect(connected)
      change.replace(eventSourceMappings, stored, {
        ...stored.doc,
        state: mapping.isEnabled ? 'Enabled' : 'Disabled',
      })
    }
    try {
      await change.commit()
    } catch (error) {
      // It has changed since, and the change is published on its own.
      if (!(error instanceof StaleRevision)) throw error
    }
  }

function sourceOf(sources: EventSources, arn: string): EventSource {
  const type = sourceTypeOf(arn)
  const source = type && sources[type.service]
  if (!source) throw new Error(`nothing reads ${arn}`)
  return source
}
