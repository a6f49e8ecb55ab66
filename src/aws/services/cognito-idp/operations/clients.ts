import { secretOf } from '../../../../identity/user-pools/client-secret.ts'
import { clientWithDefaults } from '../../../../identity/user-pools/pool-defaults.ts'
import {
  type ClientRecord,
  clientPurpose,
  clients,
  pools,
} from '../../../../identity/user-pools/pool-records.ts'
import { shortId } from '../../../../lib/ids.ts'
import { describeClient } from '../answers.ts'
import { type CognitoHandlers, change, contextOf, findClientOf, findPool } from '../context.ts'

/** Characters, lower-case letters and digits. */
const ID_LENGTH = 26
const SECRET_LENGTH = 51

export const clientOperations = {
  async CreateUserPoolClient(input, call) {
    const context = contextOf(call)
    const { account, platform, records, now } = context
    const { UserPoolId, ClientName, GenerateSecret, ClientSecret, ...settings } = input
    const id = shortId(ID_LENGTH)
    const secret = GenerateSecret ? shortId(SECRET_LENGTH) : undefined
    const doc: ClientRecord = {
      name: ClientName,
      created: now,
      modified: now,
      settings: clientWithDefaults(settings),
      secret:
        secret === undefined ? undefined : await platform.secrets.seal(account.id, clientPurpose(id), secret),
    }
    await change(async () => {
      const pool = await findPool(context, UserPoolId)
      await records.change().expect(pools, pool).create(clients, { parent: UserPoolId, id }, doc).commit()
    })
    return { UserPoolClient: describeClient({ parent: UserPoolId, id, doc }, secret) }
  },

  async DescribeUserPoolClient(input, call) {
    const context = contextOf(call)
    const { account, platform } = context
    await findPool(context, input.UserPoolId)
    const client = await findClientOf(context, input.UserPoolId, input.ClientId)
    return { UserPoolClient: describeClient(client, await secretOf(platform.secrets, { account, client })) }
  },
} satisfies CognitoHandlers
