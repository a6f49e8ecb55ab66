import { IAM } from '@aws-sdk/client-iam'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sha256Hex } from '../../src/lib/hash.ts'
import { issueDueStatements } from '../../src/metering/money/control/issue-due-statements.ts'
import { askWeir, type Credentials } from '../ask-weir.ts'
import { provideDomParser } from '../dom-parser.ts'
import { clientOptions, env } from '../whole-weir.ts'
import { type PricedApi, pricedApi } from './priced-api.ts'

provideDomParser()

afterEach(() => {
  vi.useRealTimers()
})

/** From now on it is this moment: for requests, signatures and objects alike. */
const itIs = (moment: string) => vi.useFakeTimers({ now: Date.parse(moment), toFake: ['Date'] })

const SHEET = {
  currency: 'USD',
  monthlyFee: '10.00',
  freeRequests: 2,
  tiers: [{ upTo: 3, price: '0.5' }, { price: '0.0000035' }],
}

const put = ({ ask, planId }: PricedApi, sheet: object = SHEET) =>
  ask('PUT', `/usageplans/${planId}/pricesheet`, sheet)

describe('a price sheet', () => {
  it('is kept with those before it, and changes no day that has begun', async () => {
    const api = await pricedApi()
    itIs('2027-03-10T12:00:00Z')
    const first = await put(api)
    expect(first.body).toEqual({
      planId: api.planId,
      from: '2027-03-10',
      currency: 'USD',
      monthlyFee: '10',
      freeRequests: 2,
      pricing: 'graduated',
      tiers: [{ upTo: 3, price: '0.5' }, { price: '0.0000035' }],
    })
    // Without a day it is for the next month.
    expect((await put(api, { ...SHEET, monthlyFee: '11' })).body.from).toBe('2027-04-01')
    const tooEarly = await put(api, { ...SHEET, from: '2027-03-10', freeRequests: 0 })
    expect(tooEarly).toMatchObject({ status: 409, body: { message: expect.stringContaining('2027-03-11') } })
    expect((await put(api, { ...SHEET, currency: 'EUR', from: '2027-05-01' })).status).toBe(409)
    const days = async () => {
      const { body } = await api.ask('GET', `/usageplans/${api.planId}/pricesheets`)
      return body.priceSheets.map(({ from }: { from: string }) => from)
    }
    expect(await days()).toEqual(['2027-03-10', '2027-04-01'])
    expect((await api.ask('GET', `/usageplans/${api.planId}/pricesheet?on=2027-04-02`)).body.monthlyFee).toBe(
      '11',
    )
    expect((await api.ask('DELETE', `/usageplans/${api.planId}/pricesheets/2027-03-10`)).status).toBe(409)
    expect((await api.ask('DELETE', `/usageplans/${api.planId}/pricesheets/2027-04-01`)).status).toBe(200)
    expect(await days()).toEqual(['2027-03-10'])
    expect((await put(api, { ...SHEET, tiers: [{ price: 0.5 }] })).body.message).toContain('decimal digits')
    expect((await api.ask('PUT', '/usageplans/nobody/pricesheet', SHEET)).status).toBe(404)
  })
})

describe('a statement', () => {
  it('has the fee and each tier of what was used, to the request, while its month is open', async () => {
    const api = await pricedApi()
    await put(api)
    const key = await api.newKey('first')
    expect(await api.calls(key.value, 7)).toEqual(Array(7).fill(200))
    const month = new Date().toISOString().slice(0, 7)
    // What an isolate has leased and does not use comes back within a second.
    const { body } = await vi.waitFor(async () => {
      const answer = await api.ask('GET', `/keys/${key.id}/statements/${month}`)
      expect(answer.body.usage[0].requests).toBe(7)
      return answer
    })
    expect(body).toMatchObject({ keyName: 'first', status: 'open', month })
    expect(
      body.lines.map((line: Record<string, unknown>) => [line.type, line.tier, line.requests, line.amount]),
    ).toEqual([
      ['monthly-fee', undefined, undefined, '10'],
      ['requests', 0, 2, '0'],
      ['requests', 1, 3, '1.5'],
      ['requests', 2, 2, '0.000007'],
    ])
    expect(body.totals).toEqual([
      { currency: 'USD', charges: '11.500007', rounding: '-0.000007', credits: '0.00', total: '11.50' },
    ])
    expect(body.usage).toEqual([
      { planId: api.planId, requests: 7, days: [[new Date().toISOString().slice(0, 10), 7]] },
    ])
    const listed = await api.ask('GET', `/statements?month=${month}`)
    expect(listed.body.items).toMatchObject([{ keyId: key.id, requests: 7, totals: [{ total: '11.50' }] }])
    const csv = await api.ask('GET', `/keys/${key.id}/statements/${month}?format=csv`)
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(csv.text.split('\r\n')).toHaveLength(8)
    expect(csv.text).toContain(',requests,')
  })

  it('is final after its month, posted once, and corrected by the next one', async () => {
    const api = await pricedApi()
    itIs('2027-03-10T12:00:00Z')
    await put(api, { ...SHEET, prorated: true })
    const key = await api.newKey('=cmd')
    await api.calls(key.value, 4)
    const path = `/keys/${key.id}/statements/2027-03`
    // Later prices have nothing to do with it, nor has it that plan and key are gone.
    await put(api, { ...SHEET, monthlyFee: '99', from: '2027-04-01' })
    const { client, planId } = api
    itIs('2027-04-01T00:30:00Z')
    expect((await api.ask('GET', path)).body.status).toBe('open')
    itIs('2027-04-01T01:00:01Z')
    const [one, two] = await Promise.all([api.ask('GET', path), api.ask('GET', path)])
    expect(one.text).toBe(two.text)
    expect(one.headers.get('x-weir-sha256')).toBe(await sha256Hex(one.text))
    expect(one.body.lines[0]).toMatchObject({
      type: 'monthly-fee',
      days: 22,
      ofDays: 31,
      amount: '7.096774194',
    })
    expect(one.body.totals).toMatchObject([{ charges: '8.096774194', total: '8.10' }])
    // A request of March that was counted too late.
    await env.DB.prepare(
      "UPDATE usage SET used = used + 2, seq = seq + 1 WHERE key_id = ? AND day = '2027-03-10'",
    )
      .bind(key.id)
      .run()
    await client.deleteApiKey({ apiKey: key.id })
    const { apiStages } = await client.getUsagePlan({ usagePlanId: planId })
    const value = `${apiStages![0]!.apiId}:${apiStages![0]!.stage}`
    await client.updateUsagePlan({
      usagePlanId: planId,
      patchOperations: [{ op: 'remove', path: '/apiStages', value }],
    })
    await client.deleteUsagePlan({ usagePlanId: planId })
    // The database's clock is not the one that this test sets.
    await env.DB.prepare('UPDATE plan_memberships SET until = ? WHERE key_id = ?')
      .bind(Date.now(), key.id)
      .run()
    expect((await api.ask('GET', path)).text).toBe(one.text)
    // Charged once, also by months that are issued at the same time.
    itIs('2027-06-02T00:00:00Z')
    const [april, may] = await Promise.all(
      ['04', '05'].map(month => api.ask('GET', `/keys/${key.id}/statements/2027-${month}`)),
    )
    expect(april!.body).toMatchObject({ status: 'final', keyName: '=cmd' })
    expect([...april!.body.lines, ...may!.body.lines]).toMatchObject([
      { type: 'monthly-fee', planName: 'gold', days: 1, ofDays: 30 },
      { type: 'late-usage', month: '2027-03', requests: 2, amount: '0.5000035' },
    ])
    expect([...april!.body.lateUsage, ...may!.body.lateUsage]).toEqual([
      {
        month: '2027-03',
        planId,
        before: [['2027-03-10', 4]],
        after: [['2027-03-10', 6]],
      },
    ])
    const books = await api.ask('GET', '/ledger')
    expect(books.body.sums).toEqual([{ currency: 'USD', sum: '0' }])
    const owed = books.body.balances.find(({ ledgerAccount }: { ledgerAccount: string }) =>
      ledgerAccount.startsWith('receivable/'),
    )
    const totals = [one, april, may].flatMap(statement => statement!.body.totals)
    expect(Number(owed.balance)).toBeCloseTo(
      totals.reduce((sum, { total }) => sum + Number(total), 0),
      9,
    )
    const csv = await api.ask('GET', `${path}?format=csv`)
    expect(csv.text).toContain("'=cmd")
  })

  it('of a month that is over is issued unasked', async () => {
    const api = await pricedApi()
    itIs('2027-07-30T12:00:00Z')
    await put(api)
    const key = await api.newKey('forgotten')
    itIs('2027-08-01T01:30:00Z')
    const issued = () =>
      env.DB.prepare("SELECT sha256 FROM statements WHERE month = '2027-07' AND key_id = ?")
        .bind(key.id)
        .first()
    // Other tests' keys are on priced plans, too, and some are issued at a time.
    while (!(await issued())) expect(await issueDueStatements(env, Date.now())).toBeGreaterThan(0)
    expect((await api.ask('GET', '/statements?month=2027-07')).body.items).toMatchObject([
      { status: 'final', totals: [{ total: '10.00' }], sha256: expect.any(String) },
    ])
    expect(await issueDueStatements(env, Date.parse('2027-08-01T00:59:00Z'))).toBe(0)
  })

  it('lists all keys of a month page by page', async () => {
    const api = await pricedApi()
    await put(api)
    const ids: string[] = []
    for (const name of ['a', 'b', 'c']) ids.push((await api.newKey(name)).id)
    const month = new Date().toISOString().slice(0, 7)
    const seen: string[] = []
    let position = ''
    do {
      const { body } = await api.ask('GET', `/statements?month=${month}&limit=2${position}`)
      seen.push(...body.items.map(({ keyId }: { keyId: string }) => keyId))
      position = body.position ? `&position=${body.position}` : ''
    } while (position)
    expect(seen).toEqual(ids.sort())
    expect((await api.ask('GET', `/statements?month=2027-01&position=x`)).status).toBe(400)
  })
})

describe('the ledger', () => {
  it('takes payments and credits once for each id, and credits are on the statement', async () => {
    const api = await pricedApi()
    await put(api)
    const key = await api.newKey('payer')
    const entry = { keyId: key.id, currency: 'USD', amount: '2.5', memo: 'sorry' }
    const credit = { ...entry, kind: 'credit', id: 'c1' }
    expect((await api.ask('POST', '/ledger/entries', credit)).status).toBe(201)
    expect((await api.ask('POST', '/ledger/entries', credit)).status).toBe(200)
    expect((await api.ask('POST', '/ledger/entries', { ...credit, amount: '3' })).status).toBe(409)
    expect((await api.ask('POST', '/ledger/entries', { ...entry, kind: 'payment', id: 'p1' })).status).toBe(
      201,
    )
    expect((await api.ask('POST', '/ledger/entries', { ...credit, id: 'c2', amount: '0.001' })).status).toBe(
      400,
    )
    const { body } = await api.ask('GET', '/ledger')
    expect(body).toEqual({
      balances: [
        { ledgerAccount: 'cash', currency: 'USD', balance: '2.5' },
        { ledgerAccount: 'credits', currency: 'USD', balance: '2.5' },
        { ledgerAccount: `receivable/${key.id}`, currency: 'USD', balance: '-5' },
      ],
      sums: [{ currency: 'USD', sum: '0' }],
    })
    const month = new Date().toISOString().slice(0, 7)
    const statement = await api.ask('GET', `/keys/${key.id}/statements/${month}`)
    expect(statement.body.lines.at(-1)).toEqual({
      type: 'credit',
      entryId: 'credit/c1',
      memo: 'sorry',
      currency: 'USD',
      amount: '-2.5',
    })
    expect(statement.body.totals[0].total).toBe('7.50')
    const listed = await api.ask('GET', `/ledger/entries?key=${key.id}&limit=1`)
    expect(listed.body.items).toMatchObject([{ id: 'credit/c1', kind: 'credit' }])
    expect(listed.body.position).toBeDefined()
  })

  it('is balanced by the database itself', async () => {
    const { account } = await pricedApi()
    const insert = env.DB.batch([
      env.DB.prepare("INSERT INTO ledger_postings VALUES (?, 'r', 'e', 0, 'cash', 'USD', 1)").bind(account),
      env.DB.prepare("INSERT INTO ledger_entries VALUES (?, 'r', 'e', 0, 'payment', 'k', '')").bind(account),
    ])
    await expect(insert).rejects.toThrow('an entry does not balance')
    const post = (line: number) =>
      env.DB.prepare("INSERT INTO ledger_postings VALUES (?, 'r', 'e', ?, 'cash', 'USD', 1)").bind(
        account,
        line,
      )
    await env.DB.prepare("INSERT INTO ledger_entries VALUES (?, 'r', 'e', 0, 'payment', 'k', '')")
      .bind(account)
      .run()
    await expect(post(0).run()).rejects.toThrow('an entry is final')
  })
})

describe('who may ask', () => {
  it('is decided by policies, and everybody sees their own account alone', async () => {
    const [mine, others] = [await pricedApi(), await pricedApi()]
    await put(mine)
    const key = await mine.newKey('mine')
    const month = new Date().toISOString().slice(0, 7)
    const path = `/_weir/billing/keys/${key.id}/statements/${month}`
    expect((await others.ask('GET', `/usageplans/${mine.planId}/pricesheets`)).body.priceSheets).toEqual([])
    expect((await askWeir('GET', path, undefined, others.credentials)).status).toBe(404)
    expect((await others.ask('GET', `/statements?month=${month}`)).body.items).toEqual([])
    const iam = new IAM({ ...clientOptions(), credentials: mine.credentials } as never)
    const UserName = 'accountant'
    await iam.createUser({ UserName })
    const { AccessKey } = await iam.createAccessKey({ UserName })
    const user = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
    const asUser = (method: string, at: string, body?: object, who: Credentials = user) =>
      askWeir(method, at, body, who)
    expect(await asUser('GET', path)).toMatchObject({
      status: 403,
      body: {
        message: expect.stringContaining(
          `weir:GetStatement on resource: arn:aws:weir:us-east-1:${mine.account}:key/${key.id}`,
        ),
      },
    })
    const Statement = [
      { Effect: 'Allow', Action: 'weir:GetStatement', Resource: `arn:aws:weir:*:*:key/${key.id}` },
    ]
    await iam.putUserPolicy({
      UserName,
      PolicyName: 'reads',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    })
    await vi.waitFor(async () => expect((await asUser('GET', path)).status).toBe(200), { timeout: 5000 })
    expect((await asUser('GET', '/_weir/billing/ledger')).status).toBe(403)
    expect((await asUser('GET', path, undefined, { ...user, secretAccessKey: 'no' })).status).toBe(403)
    expect((await asUser('GET', '/_weir/billing/nothing', undefined, mine.credentials)).status).toBe(404)
  })
})
