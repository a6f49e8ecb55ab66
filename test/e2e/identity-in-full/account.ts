import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { APIGateway } from '@aws-sdk/client-api-gateway'
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import type { Keys } from '../../identity/keys.ts'
import type { WeirServer } from '../server.ts'

/** Clients of somebody whose keys they are. */
export const clientsOf = ({ sdk }: WeirServer, credentials: Keys) => {
  const options = { ...sdk, credentials }
  return {
    keys: credentials,
    iam: new IAM(options),
    sts: new STS(options),
    kms: new KMS(options),
    lambda: new Lambda(options),
    gateway: new APIGateway(options),
    cognito: new CognitoIdentityProvider(options),
  }
}

export type Clients = ReturnType<typeof clientsOf>

/** `npm run accounts -- ...`, as the owner types it. */
export function accountsCommand({ url, sdk }: WeirServer, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(
    'npm',
    ['run', '-s', 'accounts', '--', ...args, '--url', url],
    {
      cwd: join(import.meta.dirname, '../../..'),
      encoding: 'utf8',
      timeout: 20_000,
      env: {
        PATH: process.env.PATH,
        AWS_ACCESS_KEY_ID: sdk.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: sdk.credentials.secretAccessKey,
      },
    },
  )
  if (status !== 0) throw new Error(`${status}: ${stdout}${stderr}`)
  return stdout
}

/** Makes an account, and reads its number and its root's key off what the command prints. */
export function createAccount(weir: WeirServer, name: string): Clients & { readonly account: string } {
  const said = accountsCommand(weir, 'create', name)
  const found =
    /^Account (\d{12}) is there\.\n.*\n {2}AWS_ACCESS_KEY_ID=(\S+)\n {2}AWS_SECRET_ACCESS_KEY=(\S+)\n$/.exec(
      said,
    )
  if (!found) throw new Error(`no account in:\n${said}`)
  const [, account, accessKeyId, secretAccessKey] = found
  return {
    account: account!,
    ...clientsOf(weir, { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! }),
  }
}
