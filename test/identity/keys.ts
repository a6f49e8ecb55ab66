import type { Credentials } from '@aws-sdk/client-sts'

/** What a client signs with. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Those that STS has given. */
export const keysOf = (credentials: Credentials | undefined): Keys => ({
  accessKeyId: credentials!.AccessKeyId!,
  secretAccessKey: credentials!.SecretAccessKey!,
  sessionToken: credentials!.SessionToken!,
})
