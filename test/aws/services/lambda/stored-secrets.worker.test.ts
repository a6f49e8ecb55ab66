import { InvalidParameterValueException } from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type Harness, lambdaHarness, REGION, settings } from './lambda-harness.ts'

let weir: Harness

beforeEach(async () => {
  weir = await lambdaHarness()
})

describe('what is stored', () => {
  it('has no variable’s value in the clear, neither in the database nor in the store', async () => {
    const secret = `hunter2-${crypto.randomUUID()}`
    await weir.client.createFunction({
      ...settings('sealed'),
      Publish: true,
      Environment: { Variables: { PASSWORD: secret } },
    })
    await weir.client.updateFunctionConfiguration({
      FunctionName: 'sealed',
      Environment: { Variables: { PASSWORD: secret, MORE: secret } },
    })
    await weir.client.publishVersion({ FunctionName: 'sealed' })
    const rows = await weir.env.DB.prepare('SELECT * FROM resources WHERE account = ?')
      .bind(weir.account.id)
      .all()
    expect(rows.results.length).toBeGreaterThan(2)
    expect(JSON.stringify(rows.results)).not.toContain(secret)
    const manifests = (await weir.env.STORE.list({ prefix: 'functions/' })).objects
    expect(manifests.length).toBeGreaterThan(2)
    for (const { key } of manifests) {
      expect(await (await weir.env.STORE.get(key))!.text()).not.toContain(secret)
    }
    const { Environment } = await weir.client.getFunctionConfiguration({ FunctionName: 'sealed:2' })
    expect(Environment?.Variables).toEqual({ PASSWORD: secret, MORE: secret })
  })

  it('is refused rather than left open when a deployed Weir has no key, and read without the variables then', async () => {
    const Environment = { Variables: { A_NAME: 'value' } }
    await weir.client.createFunction({ ...settings('open'), Environment })
    const keyless = await lambdaHarness({ WEIR_LOCAL: undefined, WEIR_ENCRYPTION_KEY: undefined })
    const client = keyless.clientIn(REGION, weir.account.id)
    const error = await failure(client.createFunction({ ...settings('other'), Environment }))
    expect(error).toBeInstanceOf(InvalidParameterValueException)
    expect(error.message).toContain('npx wrangler secret put WEIR_ENCRYPTION_KEY')
    const { Configuration, Code } = await client.getFunction({ FunctionName: 'open' })
    expect(Configuration).toMatchObject({
      State: 'Active',
      Environment: { Error: { ErrorCode: 'DecryptionFailure' } },
    })
    expect(Code).toMatchObject({ Error: { Message: expect.stringContaining('WEIR_ENCRYPTION_KEY') } })
    await client.createFunction(settings('without'))
  })

  it('prepares equal packages once', async () => {
    const zip = zipSync({ 'index.js': strToU8(`exports.handler = () => ${Math.random()}`) })
    const Code = { ZipFile: zip }
    const one = await weir.client.createFunction({ ...settings('one'), Code })
    const other = await weir.client.createFunction({ ...settings('other'), Code })
    expect(other.CodeSha256).toBe(one.CodeSha256)
    const hash = [...atob(one.CodeSha256!)].map(c => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')
    const { objects } = await weir.env.STORE.list({ prefix: `code/${hash}` })
    expect(objects).toHaveLength(3)
  })
})
