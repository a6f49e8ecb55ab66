import { CannotStart } from '../cannot-start.ts'
import { DEFAULT_PORT } from '../dev-flags.ts'

/** What is asked of a Weir about its accounts. */
export interface AccountsCommand {
  readonly verb: keyof typeof VERBS
  /** Names, numbers and ids that follow the verb. */
  readonly args: readonly string[]
  /** `http://localhost:8787`, without a slash at the end. */
  readonly url: string
  readonly credentials: Credentials
  /** An account is removed with all that it has. */
  readonly force: boolean
  /** Nobody is asked whether that is meant. */
  readonly yes: boolean
  /** What `limits` is to change; empty: nothing. */
  readonly limits: LimitsChange
}

/** Requests a second, a bucket's size in requests, and what becomes of requests while nobody can be asked. */
export interface LimitsChange {
  readonly rate?: number
  readonly burst?: number
  readonly whenUnreachable?: 'pass' | 'refuse'
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What follows each verb, and what comes of it. */
const VERBS = {
  list: [[], 'the accounts of this Weir'],
  create: [['NAME'], 'an account, and the first access key of its root'],
  delete: [['ACCOUNT'], 'removes an account; --force: with all that it has; --yes: without asking'],
  keys: [['ACCOUNT'], 'the access keys of an account’s root'],
  'new-key': [['ACCOUNT'], 'another one: there may be two'],
  deactivate: [['ACCOUNT', 'KEY'], 'an access key signs nothing until it is activated again'],
  activate: [['ACCOUNT', 'KEY'], 'it signs again'],
  'delete-key': [['ACCOUNT', 'KEY'], 'removes an access key'],
  limits: [
    ['ACCOUNT'],
    'what its REST APIs share; --rate N, --burst N, --when-unreachable pass|refuse: changes it',
  ],
  rotation: [[], 'how far a rotation of the encryption key has come'],
  rotate: [[], 'does the next part of it at once'],
} as const satisfies Record<string, readonly [args: readonly string[], what: string]>

const USAGE = `Use one of these, with --url ADDRESS for a Weir that is not on this machine:
${Object.entries(VERBS)
  .map(([verb, [args, what]]) => `  npm run accounts -- ${[verb, ...args].join(' ')}`.padEnd(50) + what)
  .join('\n')}
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are the root credentials of the account that owns the Weir.`

/** Reads a command line. Fails with {@link CannotStart} when it is none. */
export function readCommand(
  given: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): AccountsCommand {
  const words: string[] = []
  const flags = new Set<string>()
  let url = `http://localhost:${DEFAULT_PORT}`
  const limits: { -readonly [Name in keyof LimitsChange]: LimitsChange[Name] } = {}
  for (let i = 0; i < given.length; i++) {
    const word = given[i]!
    if (word === '--url') url = given[++i] ?? ''
    else if (word.startsWith('--url=')) url = word.slice('--url='.length)
    else if (word === '--rate') limits.rate = readNumber(word, given[++i])
    else if (word === '--burst') limits.burst = readWhole(word, given[++i])
    else if (word === '--when-unreachable') limits.whenUnreachable = readPolicy(given[++i])
    else if (word === '--force' || word === '--yes') flags.add(word)
    else if (word.startsWith('--')) throw new CannotStart(`There is no ${word}.\n${USAGE}`)
    else words.push(word)
  }
  const [verb = '', ...args] = words
  if (!Object.hasOwn(VERBS, verb) || args.length !== VERBS[verb as keyof typeof VERBS][0].length) {
    throw new CannotStart(USAGE)
  }
  if (Object.keys(limits).length > 0 && verb !== 'limits')
    throw new CannotStart(`${verb} changes no limits.\n${USAGE}`)
  const address = readUrl(url)
  return {
    verb: verb as keyof typeof VERBS,
    args,
    url: address.origin,
    credentials: readCredentials(address, env),
    force: flags.has('--force'),
    yes: flags.has('--yes'),
    limits,
  }
}

function readNumber(flag: string, text = ''): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new CannotStart(`${flag} needs a number of requests, not '${text}'.`)
}

function readWhole(flag: string, text?: string): number {
  const number = readNumber(flag, text)
  if (Number.isInteger(number)) return number
  throw new CannotStart(`${flag} needs a whole number of requests, not '${text}'.`)
}

function readPolicy(text = ''): 'pass' | 'refuse' {
  if (text === 'pass' || text === 'refuse') return text
  throw new CannotStart(`--when-unreachable is pass or refuse, not '${text}'.`)
}

/** Of `--url`. */
export function readUrl(text: string): URL {
  try {
    const url = new URL(text)
    if (url.protocol === 'http:' || url.protocol === 'https:') return url
  } catch {
    // Said below, like any other text that is no address.
  }
  throw new CannotStart(`--url needs an address such as https://weir.example.workers.dev, not '${text}'.`)
}

/** A Weir in development has keys that everybody knows; no other one has. */
export function readCredentials(
  { hostname }: URL,
  env: Readonly<Record<string, string | undefined>>,
): Credentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    }
  }
  if (hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]') {
    return { accessKeyId: 'test', secretAccessKey: 'test' }
  }
  throw new CannotStart(
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: the root credentials of the account that owns this Weir.',
  )
}
