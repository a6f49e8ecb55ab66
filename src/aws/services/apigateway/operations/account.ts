import type { Account, APIGateway } from '@aws-sdk/client-api-gateway'
import { readAccountLimits } from '../../../../metering/account-limits.ts'
import type { Platform } from '../../../../platform.ts'
import { kind } from '../../../../records/records.ts'
import type { Call, Handlers } from '../../../wire/service.ts'
import { contextOf } from '../context.ts'
import { applyPatches, orNone, type PatchTable, plainWording } from '../patch.ts'
import { badRequest, checkOption } from '../refusals.ts'

interface AccountRecord {
  readonly cloudwatchRoleArn?: string
}

const accounts = kind<AccountRecord>('apigateway.account')
const KEY = { parent: '', id: 'account' }

export const accountOperations = {
  async GetAccount(_, call) {
    const stored = await contextOf(call).records.get(accounts, KEY.parent, KEY.id)
    return answer(stored?.doc ?? {}, call)
  },

  async UpdateAccount(input, call) {
    const { records } = contextOf(call)
    const stored = await records.get(accounts, KEY.parent, KEY.id)
    const doc = applyPatches(PATCHES, stored?.doc ?? {}, input.patchOperations)
    const change = records.change()
    if (stored) change.replace(accounts, stored, doc)
    else change.create(accounts, KEY, doc)
    await change.commit()
    return answer(doc, call)
  },
} satisfies Handlers<APIGateway, Platform>

const PATCHES: PatchTable<AccountRecord> = {
  wording: plainWording,
  rows: {
    '/cloudwatchRoleArn': { ops: ['add', 'replace', 'remove'], value: orNone },
    // Every account has usage plans, and there is no other feature.
    '/features': {
      ops: ['add', 'remove'],
      apply(_, { op, value }) {
        if (op === 'remove') throw badRequest('Usage Plans cannot be disabled once enabled')
        checkOption('feature', value, ['UsagePlans'])
      },
    },
  },
}

async function answer(doc: AccountRecord, call: Call<Platform>): Promise<Account> {
  const { throttle } = await readAccountLimits(call.platform.env.STORE, call.account)
  return {
    cloudwatchRoleArn: doc.cloudwatchRoleArn,
    throttleSettings: { ...throttle },
    features: ['UsagePlans'],
    apiKeyVersion: '4',
  }
}
