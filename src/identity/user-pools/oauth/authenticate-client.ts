import type { Secrets } from '../../../encryption/secrets.ts'
import { REFUSED } from '../../../protection/stranger-guard.ts'
import { isSecret, secretsOfClient } from '../client-secret.ts'
import { clientOfPool, type FoundClient, type WhichPool } from '../find-pool.ts'
import type { MetUserPools } from '../met-user-pools.ts'
import { fault, type OAuthFault } from './oauth-faults.ts'

interface Credentials {
  readonly id: string
  readonly secret: string | undefined
}

interface Parts {
  readonly db: D1Database
  readonly secrets: Secrets
  readonly met: Pick<MetUserPools, 'clients'>
  /** Address of whoever asks. */
  readonly from: string
}

/**
 * The client that a request is of: by HTTP Basic, or by `client_id` and `client_secret` in the form (RFC 6749,
 * section 2.3.1). A public client says its id only.
 *
 * @param asked the pool whose domain is asked: clients of others are unknown there
 */
export async function authenticateClient(
  { db, secrets, met, from }: Parts,
  asked: WhichPool,
  authorization: string | null,
  form: URLSearchParams,
): Promise<{ readonly ok: true; readonly found: FoundClient } | OAuthFault | typeof REFUSED> {
  const given = credentialsOf(authorization, form)
  if (!given) return fault('invalid_request')
  const look = () => clientOfPool(db, asked, given.id)
  const found = await met.clients.look(given.id, from, look, ({ pool }) => pool.id)
  if (found === REFUSED) return REFUSED
  if (!found) return fault('invalid_client')
  const known = await secretsOfClient(secrets, found)
  if (known.length === 0) return given.secret === undefined ? { ok: true, found } : wrongSecret()
  return given.secret !== undefined && (await isSecret(known, given.secret))
    ? { ok: true, found }
    : wrongSecret()
}

const wrongSecret = (): OAuthFault => fault('invalid_client', 'invalid_client_secret')

/** Undefined where nothing says who it is, or two things say it differently. */
function credentialsOf(authorization: string | null, form: URLSearchParams): Credentials | undefined {
  const id = form.get('client_id') ?? undefined
  const secret = form.get('client_secret') ?? undefined
  if (authorization === null) return id === undefined ? undefined : { id, secret }
  const basic = readBasic(authorization)
  if (!basic || secret !== undefined || (id !== undefined && id !== basic.id)) return undefined
  return basic
}

function readBasic(authorization: string): Credentials | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  try {
    const text = atob(encoded)
    const colon = text.indexOf(':')
    if (colon < 0) return undefined
    return { id: decodeURIComponent(text.slice(0, colon)), secret: decodeURIComponent(text.slice(colon + 1)) }
  } catch {
    return undefined
  }
}
