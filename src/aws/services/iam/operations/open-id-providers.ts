import { type ProviderRecord, providerArn, providers } from '../../../../identity/iam-records.ts'
import { change, contextOf, type IamHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import {
  changeProvider,
  checkedClientIds,
  checkedThumbprints,
  checkedUrl,
  findProvider,
  lookUpProvider,
  providerId,
} from '../providers.ts'
import { alreadyExists, limitExceeded } from '../refusals.ts'
import { describeTags, tagging, tagPage, untagging, withTags } from '../tag-rules.ts'

/** Issuers of web identities that roles may trust. */
export const openIdProviderOperations = {
  async CreateOpenIDConnectProvider(input, call) {
    const context = contextOf(call)
    const provider: ProviderRecord = {
      url: checkedUrl(context, input.Url),
      clientIds: checkedClientIds(input.ClientIDList ?? []),
      thumbprints: checkedThumbprints(input.ThumbprintList ?? []),
      created: context.now,
      tags: withTags({}, input.Tags ?? [], 'OpenIDConnectProvider'),
    }
    const id = providerId(provider.url)
    await change(context, async draft => {
      if (await context.records.get(providers, '', id)) {
        throw alreadyExists(`Provider with url ${provider.url} already exists.`)
      }
      if ((await context.records.count(providers, '')) >= LIMITS.providers) {
        throw limitExceeded(`Cannot exceed quota for OpenIdConnectProvidersPerAccount: ${LIMITS.providers}`)
      }
      draft.writes.create(providers, { parent: '', id }, provider)
      draft.publish('provider', id)
    })
    return { OpenIDConnectProviderArn: providerArn(context.account, id), Tags: describeTags(provider.tags) }
  },

  async GetOpenIDConnectProvider(input, call) {
    const { id, doc } = await findProvider(contextOf(call), input.OpenIDConnectProviderArn)
    return {
      Url: id,
      ClientIDList: [...doc.clientIds],
      ThumbprintList: [...doc.thumbprints],
      CreateDate: new Date(doc.created),
      Tags: describeTags(doc.tags),
    }
  },

  async ListOpenIDConnectProviders(_input, call) {
    const { account, records } = contextOf(call)
    const ids = await records.ids(providers, '')
    return { OpenIDConnectProviderList: ids.map(id => ({ Arn: providerArn(account, id) })) }
  },

  /** "This operation does not fail or return an error if you call the action for a provider that does not exist." */
  async DeleteOpenIDConnectProvider(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const provider = await lookUpProvider(context, input.OpenIDConnectProviderArn)
      if (!provider) return
      draft.writes.remove(providers, provider)
      draft.publish('provider', provider.id)
    })
    return {}
  },

  async AddClientIDToOpenIDConnectProvider(input, call) {
    await changeProvider(contextOf(call), input.OpenIDConnectProviderArn, provider => ({
      ...provider,
      clientIds: checkedClientIds([...provider.clientIds, input.ClientID]),
    }))
    return {}
  },

  async RemoveClientIDFromOpenIDConnectProvider(input, call) {
    await changeProvider(contextOf(call), input.OpenIDConnectProviderArn, provider => ({
      ...provider,
      clientIds: provider.clientIds.filter(id => id !== input.ClientID),
    }))
    return {}
  },

  async UpdateOpenIDConnectProviderThumbprint(input, call) {
    const thumbprints = checkedThumbprints(input.ThumbprintList)
    await changeProvider(contextOf(call), input.OpenIDConnectProviderArn, provider => ({
      ...provider,
      thumbprints,
    }))
    return {}
  },

  async TagOpenIDConnectProvider({ OpenIDConnectProviderArn, Tags }, call) {
    await changeProvider(contextOf(call), OpenIDConnectProviderArn, tagging('OpenIDConnectProvider', Tags))
    return {}
  },
  async UntagOpenIDConnectProvider({ OpenIDConnectProviderArn, TagKeys }, call) {
    await changeProvider(contextOf(call), OpenIDConnectProviderArn, untagging(TagKeys))
    return {}
  },
  async ListOpenIDConnectProviderTags(input, call) {
    const { id, doc } = await findProvider(contextOf(call), input.OpenIDConnectProviderArn)
    return tagPage(`provider ${id}`, doc, input)
  },
} satisfies IamHandlers
