import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** An OpenID issuer that is nobody's part of Weir: a small server with keys of its own. */
export interface Issuer {
  /** `http://localhost:PORT` */
  readonly url: string
  /** A token for an hour, signed with the key that the issuer has by then. */
  token(claims: { aud: string; sub: string; scope?: string }): Promise<string>
  /** From now on it signs with another key, and publishes that one alone. */
  rotate(): Promise<void>
  /** How often somebody has asked for its keys. */
  asked(): number
  stop(): void
}

export async function startIssuer(): Promise<Issuer> {
  let keys = 0
  let asked = 0
  const newKey = async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    keys += 1
    const kid = `key-${keys}`
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
  }
  let key = await newKey()
  const server = createServer((request, response) => {
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': {
        issuer: url,
        jwks_uri: `${url}/keys`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      },
      '/keys': { keys: [key.jwk] },
    }
    if (request.url === '/keys') asked += 1
    const document = documents[request.url ?? '']
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? {}))
  })
  server.listen(0)
  await once(server, 'listening')
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    url,
    token: ({ aud, sub, scope }) =>
      new SignJWT({ ...(scope && { scope }) })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid })
        .setIssuer(url)
        .setAudience(aud)
        .setSubject(sub)
        .setIssuedAt()
        .setExpirationTime('1h')
        .setJti(crypto.randomUUID())
        .sign(key.privateKey),
    rotate: async () => {
      key = await newKey()
    },
    asked: () => asked,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
