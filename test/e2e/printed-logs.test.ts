import { Lambda } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { zip } from './acceptance/functions.ts'
import { startWeir, type WeirServer } from './server.ts'

let weir: WeirServer

beforeAll(async () => {
  weir = await startWeir({ vars: { WEIR_PRINT_LOGS: '1' } })
})
afterAll(() => weir[Symbol.asyncDispose]())

test('shows in the terminal what a function logs and why it fails', async () => {
  const lambda = new Lambda(weir.sdk)
  await lambda.createFunction({
    FunctionName: 'pets',
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: 'arn:aws:iam::000000000000:role/pets',
    Code: {
      ZipFile: zip({
        'index.js':
          "exports.handler = async () => { console.log('feeding'); throw new Error('no food left') }",
      }),
    },
  })
  await lambda.invoke({ FunctionName: 'pets' })
  await vi.waitFor(() => expect(weir.output()).toMatch(/^pets \| .* INFO feeding$/m), { timeout: 10_000 })
  await vi.waitFor(() => expect(weir.output()).toMatch(/^pets \| .*no food left/m), { timeout: 10_000 })
})
