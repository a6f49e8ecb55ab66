import { DerivedKey, derivedFrom } from '../../encryption/root-secret.ts'
import type { Env } from '../../env.ts'
import { fromBase64Url, toBase64Url } from '../../lib/base64.ts'

/** Where links to packages lead; the rest of the path is a token and `.zip`. */
export const CODE_PATH = '/_weir/code/'

const linkKeys = new DerivedKey(secret =>
  derivedFrom(secret, 'weir: links to packages of code', { name: 'HMAC', hash: 'SHA-256', length: 256 }, [
    'sign',
    'verify',
  ]),
)

const TOKEN = /^([0-9a-f]{64})-([0-9]{1,12})-([A-Za-z0-9_-]{43})$/

/**
 * Path under which a package can be fetched by whoever knows it, until it expires. The hash alone is no secret: any
 * account can hold the same package.
 *
 * @param hash hexadecimal SHA-256 of the package
 * @param expires epoch seconds
 */
export async function codePath(env: Env, hash: string, expires: number): Promise<string> {
  const mac = await crypto.subtle.sign('HMAC', await linkKeys.of(env), signedText(hash, String(expires)))
  return `${CODE_PATH}${hash}-${expires}-${toBase64Url(new Uint8Array(mac))}.zip`
}

/** The package's hash, if the path is one that {@link codePath} made and it has not expired. */
export async function readCodePath(
  env: Env,
  path: string,
  nowMs: number,
): Promise<string | 'expired' | undefined> {
  if (!path.startsWith(CODE_PATH) || !path.endsWith('.zip')) return undefined
  const match = TOKEN.exec(path.slice(CODE_PATH.length, -'.zip'.length))
  if (!match) return undefined
  const [, hash, expires, mac] = match as unknown as [string, string, string, string]
  // A link outlives a rotation of the secret that it was made with.
  for (const { key } of await linkKeys.all(env)) {
    if (await crypto.subtle.verify('HMAC', key, fromBase64Url(mac), signedText(hash, expires))) {
      return nowMs < Number(expires) * 1000 ? hash : 'expired'
    }
  }
  return undefined
}

const signedText = (hash: string, expires: string): Uint8Array =>
  new TextEncoder().encode(`${hash}\n${expires}`)
