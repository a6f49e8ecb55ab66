import { entityName } from '../../../identity/caller.ts'
import type { UserRecord } from '../../../identity/iam-records.ts'
import type { Stored } from '../../../records/records.ts'
import type { Identity } from '../../wire/service.ts'
import type { Context } from './context.ts'
import { find, USER } from './entities.ts'
import { validationError } from './refusals.ts'

/** The user that calls; undefined for the root, and for a role's session. */
export const ownUserName = ({ user }: Identity): string | undefined =>
  user === undefined ? undefined : entityName(user)

/**
 * Whom an operation is about that says no user name: "IAM determines the user name implicitly based on the access key
 * ID signing the request". Undefined for the account's root; refuses a role's session, which is no user.
 */
function callingUser(caller: Identity): string | undefined {
  const own = ownUserName(caller)
  if (own === undefined && caller.role !== undefined) {
    throw validationError('Must specify userName when calling with non-User credentials')
  }
  return own
}

/** The user that is named, or the one that calls; undefined for the account's root. */
export async function findUserOrRoot(
  context: Context,
  name: string | undefined,
): Promise<Stored<UserRecord> | undefined> {
  const asked = name ?? callingUser(context.caller)
  return asked === undefined ? undefined : find(context, USER, asked)
}
