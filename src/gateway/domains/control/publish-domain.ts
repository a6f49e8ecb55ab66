import type { Env } from '../../../env.ts'
import type { Publish } from '../../../records/publications.ts'
import { Records } from '../../../records/records.ts'
import { type CustomDomain, DIRECTORY } from '../directory.ts'
import { basePathMappings, domainNames, NO_BASE_PATH, readDomainPublication } from './domain-records.ts'

/** Hands what the data plane must know of a custom domain name to the DomainRouter. */
export const publishDomain =
  (env: Env): Publish =>
  async publication => {
    const account = { id: publication.id, region: publication.region }
    const { name, uid } = readDomainPublication(publication.pointer)
    const records = new Records(env.DB, account)
    const [found, mappings] = await Promise.all([
      records.get(domainNames, '', name),
      records.all(basePathMappings, name),
    ])
    const domain: CustomDomain | null =
      found?.doc.uid === uid
        ? {
            account: account.id,
            region: account.region,
            mappings: mappings.map(({ id, doc }) => ({
              basePath: id === NO_BASE_PATH ? '' : id,
              apiId: doc.restApiId,
              stage: doc.stage,
            })),
          }
        : null
    await env.DOMAIN_ROUTER.getByName(DIRECTORY).publish(name, publication.generation, domain)
  }

/** A reset takes the name away under a generation above all that was published of it. */
export async function forgetDomain(env: Env, pointer: string, generation: number): Promise<void> {
  const { name } = readDomainPublication(pointer)
  await env.DOMAIN_ROUTER.getByName(DIRECTORY).publish(name, generation, null)
}
