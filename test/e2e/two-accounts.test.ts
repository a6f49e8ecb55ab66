import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { KMS } from '@aws-sdk/client-kms'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { zip } from './acceptance/functions.ts'
import { borrowWeir, type Weir } from './server.ts'

let weir: Weir

beforeAll(async () => {
  weir = await borrowWeir()
})

afterAll(async () => {
  await weir[Symbol.asyncDispose]()
})

/** What `npm run accounts` says; fails with what it complains about. */
async function accounts(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { PATH } = process.env
  const command = [join(import.meta.dirname, '../../cli/accounts.ts'), ...args, '--url', weir.url]
  const { stdout } = await promisify(execFile)(process.execPath, command, { env: { PATH, ...env } })
  return stdout
}

/** Reads the number and the key as somebody would who copies them. */
function readCreated(output: string) {
  const [, account] = /^Account (\d{12}) is there\.$/m.exec(output)!
  const [, accessKeyId] = /^ {2}AWS_ACCESS_KEY_ID=(\S+)$/m.exec(output)!
  const [, secretAccessKey] = /^ {2}AWS_SECRET_ACCESS_KEY=(\S+)$/m.exec(output)!
  return { account: account!, credentials: { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! } }
}

const zipOf = (answer: string) =>
  zip({ 'index.js': `exports.handler = async () => '${answer} ' + process.env.WHOSE` })

test('a command makes an account, whose key works at once and in that account alone', async () => {
  const { account, credentials } = readCreated(await accounts(['create', 'team blue']))
  expect(await accounts(['list'])).toContain(`${account}  `)
  const own = { ...weir.sdk, credentials }
  expect(await new STS(own).getCallerIdentity({})).toMatchObject({ Account: account })

  // The same name in both, each with what is its own.
  const KMSKeyArn = (await new KMS(own).createKey({})).KeyMetadata!.Arn!
  const [ours, theirs] = [new Lambda(weir.sdk), new Lambda(own)]
  for (const [lambda, of, more] of [
    [ours, '000000000000', {}],
    [theirs, account, { KMSKeyArn }],
  ] as const) {
    await lambda.createFunction({
      FunctionName: 'same',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: `arn:aws:iam::${of}:role/any`,
      Code: { ZipFile: zipOf(`answer of ${of}`) },
      Environment: { Variables: { WHOSE: `variables of ${of}` } },
      ...more,
    })
  }
  const answerOf = async (lambda: Lambda, FunctionName: string) =>
    lambda.invoke({ FunctionName }).then(
      ({ Payload }) => JSON.parse(new TextDecoder().decode(Payload)) as string,
      (error: Error) => error.name,
    )
  expect(await answerOf(ours, 'same')).toBe('answer of 000000000000 variables of 000000000000')
  expect(await answerOf(theirs, 'same')).toBe(`answer of ${account} variables of ${account}`)

  const FunctionName = `arn:aws:lambda:us-east-1:${account}:function:same`
  expect(await answerOf(ours, FunctionName)).toBe('AccessDeniedException')
  await theirs.addPermission({
    FunctionName: 'same',
    StatementId: 'ours',
    Action: 'lambda:InvokeFunction',
    Principal: '000000000000',
  })
  expect(await answerOf(ours, FunctionName)).toBe(`answer of ${account} variables of ${account}`)

  // Only the owner asks for accounts, and nobody removes one by mistake.
  const key = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  await expect(accounts(['list'], key)).rejects.toThrow(
    'Only root credentials of the account that owns this Weir',
  )
  await expect(accounts(['delete', account])).rejects.toThrow('add --yes')
  await expect(accounts(['delete', account, '--yes'])).rejects.toThrow('has 1 kms.key, 1 lambda.function')
  expect(await accounts(['delete', account, '--yes', '--force'])).toContain(`Account ${account} is gone`)
  await expect(new STS(own).getCallerIdentity({})).rejects.toThrow('security token')
  expect(await answerOf(ours, FunctionName)).not.toContain('answer')
  expect(await answerOf(ours, 'same')).toContain('answer of 000000000000')
})
