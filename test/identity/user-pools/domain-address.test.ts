import { describe, expect, it } from 'vitest'
import { poolAddress } from '../../../src/identity/user-pools/domain-address.ts'

const domain = (name: string, path: string, isCertain = false) => ({
  kind: 'domain',
  domain: name,
  path,
  isCertain,
})

describe('the address of a user pool', () => {
  it.each([
    [
      'http://localhost:8787/us-east-1_abc123/.well-known/jwks.json',
      { kind: 'pool', pool: 'us-east-1_abc123', path: '/.well-known/jwks.json' },
    ],
    [
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC/.well-known/openid-configuration',
      { kind: 'pool', pool: 'eu-west-1_AbC', path: '/.well-known/openid-configuration' },
    ],
    ['http://shop.auth.localhost:8787/oauth2/token', domain('shop', '/oauth2/token')],
    ['http://Shop.Auth.localhost:8787/oauth2/token', domain('shop', '/oauth2/token')],
    ['https://shop.auth.us-east-1.amazoncognito.com/oauth2/token?x', domain('shop', '/oauth2/token')],
    ['https://auth.example.com/oauth2/token', domain('auth.example.com', '/oauth2/token')],
    ['http://localhost:8787/_aws/user-pool-domain/shop/oauth2/token', domain('shop', '/oauth2/token', true)],
    [
      'http://localhost:8787/_aws/user-pool-domain/auth.example.com/anything',
      domain('auth.example.com', '/anything', true),
    ],
  ])('is %s', (url, address) => {
    expect(poolAddress(url)).toEqual(address)
  })

  it.each([
    'http://localhost:8787/',
    'http://localhost:8787/oauth2/token',
    'http://localhost:8787/_aws/user-pool-domain/',
    'http://weir.auth.example.com/2015-03-31/functions',
    'http://shop.auth.localhost:8787/oauth2token',
    'http://localhost:8787/a/us-east-1_abc/.well-known/jwks.json',
    'http://localhost:8787/us-east-1_abc/x/.well-known/jwks.json',
  ])('is not %s', url => {
    expect(poolAddress(url)).toBeUndefined()
  })
})
