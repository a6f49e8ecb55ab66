/** Every account has one access key, of its root: the account's own id. */
const SECRET = 'harness-secret'

export const credentialsOf = (account: string) => ({ accessKeyId: account, secretAccessKey: SECRET })

/** Who signs with such a key. */
export const lookUpRoot = async (account: string) => ({
  ...credentialsOf(account),
  account,
  arn: `arn:aws:iam::${account}:root`,
})

let accounts = 0

/** An account that no other test has, also in another run over the same data. */
export const newAccount = (): string =>
  String(100_000_000_000 + Math.floor(Math.random() * 8e9) * 100 + accounts++).slice(0, 12)
