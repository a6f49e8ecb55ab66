import type { FunctionCodeLocation } from '@aws-sdk/client-lambda'
import { codePath } from '../../../functions/control/code-link.ts'
import { LIMITS } from '../../../functions/control/limits.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Context } from './context.ts'

/** A link to a package that holds for ten minutes, as Lambda's does. Without a key to sign it, the reason is told. */
export async function locateCode({ platform }: Context, hash: string): Promise<FunctionCodeLocation> {
  const expires = Math.floor(platform.clock() / 1000) + LIMITS.codeLinkSeconds
  try {
    return {
      RepositoryType: 'S3',
      Location: `${platform.origin}${await codePath(platform.env, hash, expires)}`,
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { RepositoryType: 'S3', Error: { ErrorCode: error.code, Message: error.message } }
  }
}
