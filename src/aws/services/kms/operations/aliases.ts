import type { AliasListEntry } from '@aws-sdk/client-kms'
import { aliasArn, type KmsAliasRecord, kmsAliases } from '../../../../encryption/kms/key-records.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import type { Stored } from '../../../../records/records.ts'
import {
  type Context,
  change,
  contextOf,
  findOwnKey,
  type KmsHandlers,
  MANAGED_ALIASES,
  notPendingDeletion,
} from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { invalid, limitExceeded, notFound } from '../refusals.ts'

export const aliasOperations = {
  async CreateAlias(input, call) {
    const context = contextOf(call)
    const { account, records, now } = context
    const id = ownAlias(input.AliasName)
    const target = await targetOf(context, input.TargetKeyId)
    await change(context, async () => {
      if (await records.get(kmsAliases, '', id)) {
        throw new Refusal(
          'AlreadyExistsException',
          `An alias with the name ${aliasArn(account, id)} already exists`,
        )
      }
      await records
        .change()
        .create(kmsAliases, { parent: '', id }, { target, created: now, updated: now })
        .commit()
    })
    return {}
  },

  async UpdateAlias(input, call) {
    const context = contextOf(call)
    const id = ownAlias(input.AliasName)
    const target = await targetOf(context, input.TargetKeyId)
    await change(context, async () => {
      const found = await findAlias(context, id)
      await context.records
        .change()
        .replace(kmsAliases, found, { ...found.doc, target, updated: context.now })
        .commit()
    })
    return {}
  },

  async DeleteAlias(input, call) {
    const context = contextOf(call)
    const id = ownAlias(input.AliasName)
    await change(context, async () => {
      const found = await findAlias(context, id)
      await context.records.change().remove(kmsAliases, found).commit()
    })
    return {}
  },

  async ListAliases(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const key = input.KeyId === undefined ? undefined : (await findOwnKey(context, input.KeyId)).place.id
    const stored = await records.all(kmsAliases, '')
    const all: AliasListEntry[] = stored.map(({ id, doc }) => ({
      AliasName: id,
      AliasArn: aliasArn(account, id),
      TargetKeyId: doc.target,
      CreationDate: new Date(doc.created),
      LastUpdatedDate: new Date(doc.updated),
    }))
    // Those of services are there before their keys are.
    for (const id of MANAGED_ALIASES) {
      if (!stored.some(alias => alias.id === id)) all.push({ AliasName: id, AliasArn: aliasArn(account, id) })
    }
    const wanted = all
      .filter(({ TargetKeyId }) => key === undefined || TargetKeyId === key)
      .sort((one, other) => (one.AliasName! < other.AliasName! ? -1 : 1))
    const { items, ...page } = await pageOf(
      `aliases ${key ?? ''}`,
      (after = '') => wanted.filter(({ AliasName }) => AliasName! > after),
      ({ AliasName }) => AliasName!,
      input,
      LIMITS.aliasesPerPage,
    )
    return { Aliases: items, ...page }
  },
} satisfies KmsHandlers

/** A name that a customer may give. */
function ownAlias(name: string): string {
  if (!name.startsWith('alias/')) {
    throw invalid(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  }
  if (name.startsWith('alias/aws/')) throw new Refusal('NotAuthorizedException', '')
  if (name.includes(':')) throw invalid(`${name} contains invalid characters for an alias`)
  if (name === 'alias/') throw invalid('Invalid identifier')
  return name
}

async function targetOf(context: Context, text: string): Promise<string> {
  if (text.startsWith('alias/') || text.includes(':alias/')) {
    throw invalid('Aliases must refer to keys. Not aliases')
  }
  const { place, stored } = await findOwnKey(context, text)
  notPendingDeletion(stored.doc, place)
  const aliases = await context.records.all(kmsAliases, '')
  if (aliases.filter(({ doc }) => doc.target === place.id).length >= LIMITS.aliasesPerKey) {
    throw limitExceeded(`A key has at most ${LIMITS.aliasesPerKey} aliases`)
  }
  return place.id
}

async function findAlias({ records, account }: Context, id: string): Promise<Stored<KmsAliasRecord>> {
  const found = await records.get(kmsAliases, '', id)
  if (!found) throw notFound(`Alias ${aliasArn(account, id)} is not found.`)
  return found
}
