import { parseArgs } from 'node:util'
import { type Credentials, readCredentials, readUrl } from '../accounts/read-command.ts'
import { CannotStart } from '../cannot-start.ts'
import { DEFAULT_PORT } from '../dev-flags.ts'

/** What is asked of a Weir about an account's money. */
export interface BillingCommand {
  readonly verb: keyof typeof VERBS
  /** What follows the verb. */
  readonly args: readonly string[]
  /** `http://localhost:8787`, without a slash at the end. */
  readonly url: string
  readonly region: string
  readonly credentials: Credentials
  readonly format: 'table' | 'csv' | 'json'
  /** What was said with flags, by their names. */
  readonly said: Readonly<Partial<Record<'from' | 'month' | 'key' | 'status' | 'message' | 'memo', string>>>
}

/** What follows each verb, which flags it knows, and what comes of it. */
const VERBS = {
  price: [['PLAN', 'FILE'], ['from'], 'gives a usage plan the price sheet of a JSON or YAML file'],
  prices: [['PLAN'], [], 'the price sheets of a plan'],
  unprice: [['PLAN', 'DAY'], [], 'takes a price sheet back that does not hold yet'],
  statements: [[], ['month', 'format'], 'what every key owes for a month'],
  statement: [['KEY'], ['month', 'format'], 'one of them, line by line'],
  budget: [[], ['key'], 'the budget of the account, or of a key'],
  'set-budget': [['AMOUNT', 'CURRENCY'], ['key', 'status', 'message'], 'sets it'],
  'remove-budget': [[], ['key'], 'removes it'],
  ledger: [[], [], 'the balance of every account of the ledger'],
  entries: [[], ['key'], 'what was posted'],
  post: [
    ['KIND', 'ID', 'KEY', 'AMOUNT', 'CURRENCY'],
    ['memo'],
    'posts a payment, credit or refund; twice under one ID is once',
  ],
} as const satisfies Record<string, readonly [args: readonly string[], flags: readonly Flag[], what: string]>

type Flag = keyof BillingCommand['said'] | 'format'

const FLAGS: Readonly<Record<Flag, string>> = {
  from: 'YYYY-MM-DD',
  month: 'YYYY-MM',
  format: 'table|csv|json',
  key: 'KEY',
  status: '402|429',
  message: 'TEXT',
  memo: 'TEXT',
}

const USAGE = `Use one of these, with --url ADDRESS for a Weir that is not on this machine, and --region for another region:
${Object.entries(VERBS)
  .map(([verb, [args, flags, what]]) => {
    const optional = flags.map(flag => `[--${flag} ${FLAGS[flag]}]`)
    return `  npm run billing -- ${[verb, ...args, ...optional].join(' ')}\n      ${what}`
  })
  .join('\n')}
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are credentials of the account.`

/** Reads a command line. Fails with {@link CannotStart} when it is none. */
export function readCommand(
  given: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): BillingCommand {
  const { positionals, values } = parse(given)
  const [verb = '', ...args] = positionals
  if (!Object.hasOwn(VERBS, verb)) throw new CannotStart(USAGE)
  const [expected, flags] = VERBS[verb as keyof typeof VERBS]
  if (args.length !== expected.length) throw new CannotStart(USAGE)
  const { url: text = `http://localhost:${DEFAULT_PORT}`, region, format = 'table', ...said } = values
  const stray = Object.keys(values).find(
    flag => flag !== 'url' && flag !== 'region' && !(flags as readonly string[]).includes(flag),
  )
  if (stray !== undefined) throw new CannotStart(`${verb} has no --${stray}.\n${USAGE}`)
  if (format !== 'table' && format !== 'csv' && format !== 'json')
    throw new CannotStart('--format is table, csv or json.')
  const address = readUrl(text)
  return {
    verb: verb as keyof typeof VERBS,
    args,
    url: address.origin,
    region: region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    credentials: readCredentials(address, env),
    format,
    said,
  }
}

function parse(given: readonly string[]) {
  const text = { type: 'string' } as const
  const flags = Object.fromEntries(Object.keys(FLAGS).map(flag => [flag, text])) as Record<Flag, typeof text>
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: { url: text, region: text, ...flags },
    })
  } catch (error) {
    throw new CannotStart(`${(error as Error).message}\n${USAGE}`)
  }
}
