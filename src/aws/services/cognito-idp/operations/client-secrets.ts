import type { ClientSecretDescriptorType } from '@aws-sdk/client-cognito-identity-provider'
import { type ClientRecord, clientPurpose, clients } from '../../../../identity/user-pools/pool-records.ts'
import type { Stored } from '../../../../records/records.ts'
import { newClientSecret } from '../client-secrets.ts'
import { type CognitoHandlers, change, contextOf, findClientOf } from '../context.ts'
import { invalidParameter, limitExceeded, notFound } from '../refusals.ts'

/** "This identifier follows the format <client-id>--<epoch-create-time>." */
const describeSecret = (clientId: string, made: number): ClientSecretDescriptorType => ({
  ClientSecretId: `${clientId}--${made}`,
  ClientSecretCreateDate: new Date(made),
})

const madeOf = ({ secretMade, created }: ClientRecord): number => secretMade ?? created

function describeSecrets({ id, doc }: Stored<ClientRecord>): ClientSecretDescriptorType[] {
  const made = [doc.secret && madeOf(doc), doc.secondSecret?.made]
  return made.filter(time => time !== undefined).map(time => describeSecret(id, time))
}

/** "Supports up to 2 active secrets per app client for zero-downtime credential rotation workflows." */
export const clientSecretOperations = {
  async AddUserPoolClientSecret(input, call) {
    const context = contextOf(call)
    const { account, platform, records, now } = context
    const { UserPoolId, ClientId, ClientSecret } = input
    const value = ClientSecret ?? newClientSecret()
    const secret = await platform.secrets.seal(account.id, clientPurpose(ClientId), value)
    const made = await change(async () => {
      const { found: client } = await findClientOf(context, UserPoolId, ClientId)
      const { doc } = client
      if (!doc.secret) throw invalidParameter(`User pool client ${ClientId} is public: it has no secrets.`)
      if (doc.secondSecret) throw limitExceeded('An app client can have at most 2 secrets.')
      // Ids tell secrets apart by their times.
      const time = Math.max(now, madeOf(doc) + 1)
      const updated = { ...doc, modified: now, secondSecret: { secret, made: time } }
      await records.change().replace(clients, client, updated).commit()
      return time
    })
    return {
      ClientSecretDescriptor: {
        ...describeSecret(ClientId, made),
        ClientSecretValue: ClientSecret === undefined ? value : undefined,
      },
    }
  },

  async ListUserPoolClientSecrets(input, call) {
    const { found: client } = await findClientOf(contextOf(call), input.UserPoolId, input.ClientId)
    return { ClientSecrets: describeSecrets(client) }
  },

  /** The last one stays: a client does not become public. */
  async DeleteUserPoolClientSecret(input, call) {
    const context = contextOf(call)
    const { records, now } = context
    await change(async () => {
      const { found: client } = await findClientOf(context, input.UserPoolId, input.ClientId)
      const { secondSecret, ...doc } = client.doc
      const ids = describeSecrets(client).map(({ ClientSecretId }) => ClientSecretId)
      if (!ids.includes(input.ClientSecretId)) {
        throw notFound(`Client secret ${input.ClientSecretId} does not exist.`)
      }
      if (!secondSecret) throw invalidParameter('The last secret of an app client cannot be deleted.')
      const isFirst = ids[0] === input.ClientSecretId
      const left = isFirst ? { ...doc, secret: secondSecret.secret, secretMade: secondSecret.made } : doc
      await records
        .change()
        .replace(clients, client, { ...left, modified: now })
        .commit()
    })
    return {}
  },
} satisfies CognitoHandlers
