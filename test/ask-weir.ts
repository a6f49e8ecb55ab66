import { signedCall } from './sign-call.ts'
import { env, ORIGIN, send } from './whole-weir.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Of the account that owns Weir. */
export const OWNER: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Asks what no AWS operation answers, below `/_weir`, signed as that wants it. */
export async function askWeir(
  method: string,
  path: string,
  body?: object,
  credentials = OWNER,
  { region = 'us-east-1', bound = env } = {},
) {
  const init = { method, body: body && JSON.stringify(body) }
  const how = { credentials, service: 'weir', region }
  const response = await send(await signedCall(`${ORIGIN}${path}`, init, how), undefined, bound)
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  return {
    status: response.status,
    headers: response.headers,
    text,
    // biome-ignore lint/suspicious/noExplicitAny: each answer has a form of its own
    body: (isJson ? JSON.parse(text) : undefined) as any,
  }
}

/** A new account, with a key of its root. */
export const newAccount = async (name: string): Promise<Credentials & { readonly account: string }> =>
  (await askWeir('POST', '/_weir/accounts', { name })).body
