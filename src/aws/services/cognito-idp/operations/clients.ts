import { secretOf } from '../../../../identity/user-pools/client-secret.ts'
import {
  type ClientRecord,
  clientPurpose,
  clients,
  pools,
} from '../../../../identity/user-pools/pool-records.ts'
import { shortId } from '../../../../lib/ids.ts'
import { describeClient, listedClient } from '../answers.ts'
import { clientSettings } from '../client-rules.ts'
import { newClientSecret } from '../client-secrets.ts'
import { type CognitoHandlers, change, contextOf, createIn, findClientOf, findPool } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { invalidParameter } from '../refusals.ts'

/** Characters, lower-case letters and digits. */
const ID_LENGTH = 26

export const clientOperations = {
  async CreateUserPoolClient(input, call) {
    const context = contextOf(call)
    const { account, platform, now } = context
    const { UserPoolId, ClientName, GenerateSecret, ClientSecret, ...said } = input
    if (GenerateSecret && ClientSecret !== undefined) {
      throw invalidParameter('GenerateSecret and ClientSecret cannot be specified together.')
    }
    const id = shortId(ID_LENGTH)
    const secret = GenerateSecret ? newClientSecret() : ClientSecret
    const sealed =
      secret === undefined ? undefined : await platform.secrets.seal(account.id, clientPurpose(id), secret)
    const hasSecret = sealed !== undefined
    const doc = await createIn(context, clients, UserPoolId, {
      id,
      most: LIMITS.clients,
      called: 'clients',
      make: async pool => ({
        name: ClientName,
        created: now,
        modified: now,
        settings: await clientSettings(context, said, { pool, hasSecret, verb: 'creating' }),
        secret: sealed,
      }),
    })
    return { UserPoolClient: describeClient({ parent: UserPoolId, id, doc }, secret) }
  },

  async DescribeUserPoolClient(input, call) {
    const context = contextOf(call)
    const { account, platform } = context
    const { found: client } = await findClientOf(context, input.UserPoolId, input.ClientId)
    return { UserPoolClient: describeClient(client, await secretOf(platform.secrets, { account, client })) }
  },

  async ListUserPoolClients(input, call) {
    const context = contextOf(call)
    const { UserPoolId, MaxResults, NextToken } = input
    await findPool(context, UserPoolId)
    const request = { limit: MaxResults, token: NextToken }
    const list = `clients ${UserPoolId}`
    const { items, next } = await pageOf(context.records, clients, UserPoolId, list, request, listedClient)
    return { UserPoolClients: items, NextToken: next }
  },

  /** What is not said goes back to its default. */
  async UpdateUserPoolClient(input, call) {
    const context = contextOf(call)
    const { account, platform, records, now } = context
    const { UserPoolId, ClientId, ClientName, ...said } = input
    const client = await change(async () => {
      const { pool, found: before } = await findClientOf(context, UserPoolId, ClientId)
      const hasSecret = before.doc.secret !== undefined
      const doc: ClientRecord = {
        ...before.doc,
        name: ClientName ?? before.doc.name,
        modified: now,
        settings: await clientSettings(context, said, { pool, hasSecret, verb: 'updating' }),
      }
      await records.change().expect(pools, pool).replace(clients, before, doc).commit()
      return { ...before, doc }
    })
    return { UserPoolClient: describeClient(client, await secretOf(platform.secrets, { account, client })) }
  },

  async DeleteUserPoolClient(input, call) {
    const context = contextOf(call)
    await change(async () => {
      const { found: client } = await findClientOf(context, input.UserPoolId, input.ClientId)
      await context.records.change().remove(clients, client).commit()
    })
    return {}
  },
} satisfies CognitoHandlers
