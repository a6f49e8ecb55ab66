// Inner parts of the real client, which its types leave out.
declare module 'amazon-cognito-identity-js/lib/BigInteger' {
  export default class BigInteger {
    constructor(text: string, radix: number)
    toString(radix: number): string
  }
}

declare module 'amazon-cognito-identity-js/lib/AuthenticationHelper' {
  import type BigInteger from 'amazon-cognito-identity-js/lib/BigInteger'

  export default class AuthenticationHelper {
    constructor(poolName: string)
    readonly largeAValue: BigInteger
    padHex(number: BigInteger): string
    getPasswordAuthenticationKey(
      username: string,
      password: string,
      serverBValue: BigInteger,
      salt: BigInteger,
      callback: (error: unknown, key: Uint8Array) => void,
    ): void
  }
}
