import { readFile } from 'node:fs/promises'
import { parse as parseYaml } from 'yaml'
import { sendSigned } from './accounts/ask-weir.ts'
import { type BillingCommand, readCommand } from './billing/read-command.ts'
import { showTable } from './billing/show-table.ts'
import { CannotStart } from './cannot-start.ts'
import { terminal } from './terminal.ts'

// biome-ignore lint/suspicious/noExplicitAny: each answer has a form of its own, and this side only shows it
type Answer = any

const BASE = '/_weir/billing'

async function answerTo(command: BillingCommand): Promise<string[]> {
  const { verb, args, said, format } = command
  const [first = '', second = ''] = args.map(encodeURIComponent)
  const ask = async (method: string, path: string, body?: object): Promise<Answer> =>
    JSON.parse(await textOf(command, method, path, body))
  const budgetPath = said.key === undefined ? '/budget' : `/keys/${encodeURIComponent(said.key)}/budget`
  switch (verb) {
    case 'price': {
      const sheet = await readSheet(args[1]!)
      const from = said.from === undefined ? {} : { from: said.from }
      return showSheets([await ask('PUT', `/usageplans/${first}/pricesheet`, { ...sheet, ...from })])
    }
    case 'prices':
      return showSheets((await ask('GET', `/usageplans/${first}/pricesheets`)).priceSheets)
    case 'unprice':
      await ask('DELETE', `/usageplans/${first}/pricesheets/${second}`)
      return [`The price sheet of ${args[1]} is taken back.`]
    case 'statements':
      return statements(command)
    case 'statement': {
      const month = said.month ?? new Date().toISOString().slice(0, 7)
      const path = `/keys/${first}/statements/${encodeURIComponent(month)}`
      if (format !== 'table') return [(await textOf(command, 'GET', `${path}?format=${format}`)).trimEnd()]
      return showStatement(await ask('GET', path))
    }
    case 'budget':
      return showBudget(await ask('GET', budgetPath))
    case 'set-budget': {
      const { status, message } = said
      const more = { ...(status !== undefined && { status: Number(status) }), ...(message && { message }) }
      return showBudget(await ask('PUT', budgetPath, { amount: args[0], currency: args[1], ...more }))
    }
    case 'remove-budget':
      await ask('DELETE', budgetPath)
      return ['The budget is gone.']
    case 'ledger': {
      const { balances, sums } = await ask('GET', '/ledger')
      const rows = balances.map((row: Answer) => [row.ledgerAccount, row.balance, row.currency])
      return showTable(
        ['account', 'balance#', ''],
        [...rows, ...sums.map(({ currency, sum }: Answer) => ['sum', sum, currency])],
      )
    }
    case 'entries': {
      const key = said.key === undefined ? '' : `&key=${encodeURIComponent(said.key)}`
      const items = await pages(command, `/ledger/entries?limit=500${key}`)
      const rows = items.flatMap(({ id, postedAt, memo, postings }) =>
        postings.map((posting: Answer, i: number) => [
          ...(i === 0 ? [id, postedAt.slice(0, 10)] : ['', '']),
          posting.ledgerAccount,
          posting.amount,
          posting.currency,
          i === 0 ? memo : '',
        ]),
      )
      return showTable(['entry', 'posted', 'account', 'amount#', '', 'memo'], rows)
    }
    case 'post': {
      const [kind, id, keyId, amount, currency] = args
      const body = { kind, id, keyId, amount, currency, ...(said.memo && { memo: said.memo }) }
      const entry = await ask('POST', '/ledger/entries', body)
      return [`Posted ${entry.id}.`]
    }
  }
}

const textOf = async (command: BillingCommand, method: string, path: string, body?: object) =>
  (await accepted(command, method, path, body)).text

async function accepted(
  command: BillingCommand,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly text: string; readonly headers: Headers }> {
  const response = await sendSigned(command, method, BASE + path, body)
  const text = await response.text()
  if (response.ok) return { text, headers: response.headers }
  let message: string | undefined
  try {
    message = JSON.parse(text).message
  } catch {
    // What answers is no Weir, or none that knows of this.
  }
  throw new CannotStart(message ?? `What answers at ${command.url} is no Weir (status ${response.status}).`)
}

async function readSheet(file: string): Promise<object> {
  try {
    // JSON is YAML, too.
    const sheet: unknown = parseYaml(await readFile(file, 'utf8'))
    if (typeof sheet === 'object' && sheet !== null) return sheet
  } catch (error) {
    throw new CannotStart(`${file} cannot be read: ${(error as Error).message}`)
  }
  throw new CannotStart(`${file} has no price sheet.`)
}

/** All items of a list, whatever the size of its pages. */
async function pages(command: BillingCommand, path: string): Promise<Answer[]> {
  const items: Answer[] = []
  for (let position = ''; ; ) {
    const page = JSON.parse(await textOf(command, 'GET', path + position))
    items.push(...page.items)
    if (page.position === undefined) return items
    position = `&position=${encodeURIComponent(page.position)}`
  }
}

async function statements(command: BillingCommand): Promise<string[]> {
  const month = command.said.month === undefined ? '' : `&month=${encodeURIComponent(command.said.month)}`
  const path = `/statements?limit=100${month}`
  if (command.format === 'csv') return csvPages(command, path)
  const items = await pages(command, path)
  if (command.format === 'json') return [JSON.stringify(items, null, 2)]
  const rows = items.flatMap(({ keyId, keyName, status, requests, totals }) =>
    (totals.length > 0 ? totals : [{}]).map(({ total, currency }: Answer) => [
      keyId,
      keyName,
      status,
      requests,
      total,
      currency,
    ]),
  )
  return showTable(['key', 'name', 'status', 'requests#', 'total#', ''], rows)
}

/** Every page begins with the names of the columns: they are said once. */
async function csvPages(command: BillingCommand, path: string): Promise<string[]> {
  const lines: string[] = []
  for (let position = ''; ; ) {
    const { text, headers } = await accepted(command, 'GET', `${path}&format=csv${position}`)
    lines.push(
      ...text
        .trimEnd()
        .split('\r\n')
        .slice(lines.length > 0 ? 1 : 0),
    )
    const next = headers.get('x-weir-position')
    if (next === null) return lines
    position = `&position=${encodeURIComponent(next)}`
  }
}

function showSheets(sheets: readonly Answer[]): string[] {
  if (sheets.length === 0) return ['The plan has no prices.']
  return sheets.flatMap(
    ({ from, currency, monthlyFee = '0', prorated, freeRequests = 0, pricing, tiers }) => [
      `From ${from}: ${monthlyFee} ${currency} a month${prorated ? ', by days' : ''}; ${freeRequests} requests free; ${pricing}:`,
      ...tiers.map(
        ({ upTo, price }: Answer) => `  ${upTo === undefined ? 'beyond' : `up to ${upTo}`}: ${price} each`,
      ),
    ],
  )
}

function showStatement({ id, keyName, month, status, lines, totals }: Answer): string[] {
  const rows = lines.map((line: Answer) => [
    line.type,
    line.planName ?? line.memo,
    line.firstDay === undefined ? line.month : `${line.firstDay} to ${line.lastDay}`,
    line.requests,
    line.price,
    line.amount,
    line.currency,
  ])
  const sums = totals.flatMap(({ currency, rounding, total }: Answer) => [
    ['rounding', '', '', '', '', rounding, currency],
    ['total', '', '', '', '', total, currency],
  ])
  return [
    `Statement ${id} of ${keyName || 'a key without a name'} for ${month}, ${status}`,
    ...showTable(['', 'plan', 'days', 'requests#', 'price#', 'amount#', ''], [...rows, ...sums]),
  ]
}

function showBudget({ amount, currency, status, message, month, spent, reserved }: Answer): string[] {
  const words = message === undefined ? '' : `: ${message}`
  const used = spent === undefined ? reserved : spent
  const how = spent === undefined ? 'spent or reserved' : 'spent'
  return [
    `${amount} ${currency} a month; beyond it requests are answered ${status}${words}`,
    ...(used === undefined ? [] : [`${used} ${currency} of ${month} ${how}`]),
  ]
}

// `npm run billing`: prices, statements, budgets and the ledger of an account.
try {
  for (const line of await answerTo(readCommand(process.argv.slice(2), process.env))) console.log(line)
} catch (error) {
  console.error(error instanceof CannotStart ? terminal(process.stderr).style('red', error.message) : error)
  process.exitCode = 1
}
