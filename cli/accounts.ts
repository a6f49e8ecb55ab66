import { createInterface } from 'node:readline/promises'
import { type Answered, askWeir } from './accounts/ask-weir.ts'
import { type AccountsCommand, readCommand } from './accounts/read-command.ts'
import { CannotStart } from './cannot-start.ts'
import { terminal } from './terminal.ts'

async function answerTo(command: AccountsCommand): Promise<string[]> {
  const { verb, args } = command
  const [first = '', key = ''] = args
  const keys = `/_weir/accounts/${encodeURIComponent(first)}/keys`
  const ask = async (method: string, path: string, body?: object) =>
    accepted(await askWeir(command, method, path, body))
  switch (verb) {
    case 'list': {
      const { owner, accounts } = await ask('GET', '/_weir/accounts')
      const made = (accounts as { account: string; created: string; name: string }[]).map(
        ({ account, created, name }) => `${account}  ${created.slice(0, 10)}  ${name}`,
      )
      return [`${owner}  owns this Weir`, ...made]
    }
    case 'create': {
      const made = await ask('POST', '/_weir/accounts', { name: first })
      return [`Account ${made.account} is there.`, ...toldOnce(made)]
    }
    case 'delete':
      return remove(command, first)
    case 'keys': {
      const { keys: found } = await ask('GET', keys)
      return (found as { accessKeyId: string; created: string; active: boolean }[]).map(
        ({ accessKeyId, created, active }) =>
          `${accessKeyId}  ${created.slice(0, 10)}  ${active ? 'active' : 'inactive'}`,
      )
    }
    case 'new-key':
      return toldOnce(await ask('POST', keys))
    case 'activate':
    case 'deactivate':
      await ask('PUT', `${keys}/${encodeURIComponent(key)}`, { active: verb === 'activate' })
      return [`${key} is ${verb === 'activate' ? 'active' : 'inactive'}.`]
    case 'delete-key':
      await ask('DELETE', `${keys}/${encodeURIComponent(key)}`)
      return [`${key} is gone.`]
    case 'limits': {
      const path = `/_weir/accounts/${encodeURIComponent(first)}/limits`
      const { limits } = command
      const changes = Object.keys(limits).length > 0
      return describeLimits(await (changes ? ask('PUT', path, limits) : ask('GET', path)))
    }
    case 'rotation':
      return describeRotation(await ask('GET', '/_weir/encryption'))
    case 'rotate':
      return describeRotation(await ask('POST', '/_weir/encryption'))
  }
}

const describeLimits = ({ rate, burst, whenUnreachable }: Answered['body']): string[] => [
  `All REST APIs of the account in a region: ${rate} requests a second, ${burst} at once.`,
  ...(whenUnreachable === 'pass' ? ['While these cannot be counted, requests pass for ten seconds.'] : []),
]

function accepted({ status, body }: Answered): Answered['body'] {
  if (status < 300) return body
  throw new CannotStart(body.message ?? `Weir answered ${status}.`)
}

/** In the form in which AWS's own tools read it from the environment. */
const toldOnce = ({ accessKeyId, secretAccessKey }: Answered['body']): string[] => [
  'The access key of its root, whose secret is told this once:',
  `  AWS_ACCESS_KEY_ID=${accessKeyId}`,
  `  AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
]

async function remove(command: AccountsCommand, account: string): Promise<string[]> {
  const { force, yes } = command
  if (!yes) await confirm(account, force)
  const path = `/_weir/accounts/${encodeURIComponent(account)}${force ? '?force=true' : ''}`
  const { status, body } = await askWeir(command, 'DELETE', path)
  if (status === 409 && body.resources) {
    throw new CannotStart(
      `Account ${account} has ${counted(body.resources)}. To remove it with all that, add --force.`,
    )
  }
  accepted({ status, body })
  const removed = counted(body.removed)
  return [`Account ${account} is gone${removed && `, and with it ${removed}`}.`]
}

const counted = (resources: Readonly<Record<string, number>>): string =>
  Object.entries(resources)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')

async function confirm(account: string, force: boolean): Promise<void> {
  if (!process.stdin.isTTY) throw new CannotStart('Nobody is here to ask whether that is meant: add --yes.')
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const what = force ? ' and everything it has, for good' : ''
  const answer = await lines.question(`To remove account ${account}${what}, type its number: `)
  lines.close()
  if (answer.trim() !== account) throw new CannotStart('Nothing was removed.')
}

function describeRotation({ current, others, accounts, waiting, wrappedBy }: Answered['body']): string[] {
  const counts = Object.entries(wrappedBy as Record<string, number>).map(
    ([id, count]) =>
      `  ${count} data ${count === 1 ? 'key' : 'keys'} under ${id}${id === current ? ', the current one' : ''}`,
  )
  return [
    `Encryption key ${current}; ${(others as string[]).length > 0 ? `beside it ${others}` : 'there is no other'}.`,
    ...counts,
    waiting > 0
      ? `${waiting} of ${accounts} accounts wait: keep WEIR_ENCRYPTION_KEY_PREVIOUS.`
      : `No account waits: nothing needs ${(others as string[]).length > 0 ? 'WEIR_ENCRYPTION_KEY_PREVIOUS any more' : 'another one'}.`,
  ]
}

// `npm run accounts`: the accounts of a Weir, for its owner.
try {
  const command = readCommand(process.argv.slice(2), process.env)
  for (const line of await answerTo(command)) console.log(line)
} catch (error) {
  console.error(error instanceof CannotStart ? terminal(process.stderr).style('red', error.message) : error)
  process.exitCode = 1
}
