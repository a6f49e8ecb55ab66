import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../../src/lib/hash.ts'
import { keyMeterName } from '../../../../src/metering/key-record.ts'
import { readKeyRecord } from '../../../../src/metering/publish-key-record.ts'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

const TODAY = '2026-11-22'

let plane: ControlPlane
let usagePlanId: string
let keyId: string
let meter: string
beforeEach(async () => {
  plane = await controlPlane()
  plane.now = Date.parse(`${TODAY}T12:00:00Z`)
  usagePlanId = (await plane.api.createUsagePlan({ name: 'p', quota: { limit: 100, period: 'MONTH' } })).id!
  const key = await plane.api.createApiKey({ enabled: true })
  keyId = key.id!
  meter = keyMeterName(plane.account, REGION, await sha256Hex(key.value!))
  await plane.api.createUsagePlanKey({ usagePlanId, keyId, keyType: 'API_KEY' })
})

const used = (day: string, count: number, remaining: number | null, key = keyId) =>
  plane.env.DB.prepare(
    `INSERT INTO usage (account, region, plan_id, key_id, day, used, remaining, seq) VALUES (?, ?, ?, ?, ?, ?, ?, 1)`,
  )
    .bind(plane.account, REGION, usagePlanId, key, day, count, remaining)
    .run()

const usage = (startDate: string, endDate: string, input: object = {}) =>
  plane.api.getUsage({ usagePlanId, startDate, endDate, ...input })

describe('usage', () => {
  it('is reported by key and day, as far as the days have come', async () => {
    await used('2026-11-03', 5, 95)
    await used('2026-11-20', 10, 85)
    await used(TODAY, 1, 84)
    const { $metadata: _, ...answer } = await usage('2026-11-19', '2026-11-30')
    expect(answer).toEqual({
      usagePlanId,
      startDate: '2026-11-19',
      endDate: '2026-11-30',
      items: {
        [keyId]: [
          [0, 95],
          [10, 85],
          [0, 85],
          [1, 84],
        ],
      },
    })
    expect(plane.lastBody()).toMatchObject({ values: { [keyId]: expect.anything() } })
    expect((await usage('2026-12-01', '2026-12-02')).items).toEqual({})
  })

  it('is written down first by the meters of keys that have one', async () => {
    await usage(TODAY, TODAY)
    expect(plane.flushed).toEqual([])
    await plane.env.STORE.put(`${meter}.born`, '')
    await usage(TODAY, TODAY, { keyId })
    expect(plane.flushed).toEqual([meter])
    await usage('2026-10-01', '2026-10-31')
    expect(plane.flushed).toHaveLength(1)
  })

  it('is paged by key, and includes keys that have left the plan', async () => {
    await used(TODAY, 3, 97, 'left-the-plan')
    const items: Record<string, number[][]> = {}
    let position: string | undefined
    let pages = 0
    do {
      const page = await usage(TODAY, TODAY, { limit: 1, position })
      Object.assign(items, page.items)
      position = page.position
      pages++
    } while (position)
    expect(pages).toBe(2)
    expect(items).toEqual({ [keyId]: [[0, 100]], 'left-the-plan': [[3, 97]] })
    const one = await usage(TODAY, TODAY, { keyId: 'left-the-plan' })
    expect(Object.keys(one.items ?? {})).toEqual(['left-the-plan'])
  })

  it.each([
    ['2026-11-02', '2026-11-01', 'Invalid date range specified: the start date is after the end date'],
    ['2026-08-01', '2026-11-01', 'Invalid date range specified: at most 90 days can be requested'],
    ['yesterday', TODAY, 'Invalid start date specified. Must be a day of the form YYYY-MM-DD'],
    ['2026-02-01', '2026-02-30', 'Invalid end date specified. Must be a day of the form YYYY-MM-DD'],
  ])('from %s to %s is refused', async (start, end, message) => {
    expect(await refusal(usage(start, end))).toBe(`400 BadRequestException: ${message}`)
    expect(await refusal(plane.api.getUsage({ usagePlanId: 'nope', startDate: TODAY, endDate: TODAY }))).toBe(
      '404 NotFoundException: Invalid Usage Plan ID specified',
    )
  })
})

describe('what is left of a quota', () => {
  const update = (op: string, path: string, value: string) =>
    plane.api.updateUsage({ usagePlanId, keyId, patchOperations: [{ op: op as 'replace', path, value }] })
  const extra = async () => (await readKeyRecord(plane.env.STORE, meter))?.plans[0]?.extraQuota

  it('is set for the period that is running, every time anew', async () => {
    await used(TODAY, 60, 40)
    expect(await update('replace', '/remaining', '500')).toMatchObject({
      usagePlanId,
      startDate: TODAY,
      endDate: TODAY,
      items: { [keyId]: [[60, 500]] },
    })
    const first = await extra()
    expect(first).toEqual({ serial: plane.now, periodStart: '2026-11-01', remaining: 500 })
    await update('replace', '/remaining', '7')
    expect(await extra()).toEqual({ serial: first!.serial + 1, periodStart: '2026-11-01', remaining: 7 })
  })

  it('is told of a key that nobody has used yet', async () => {
    await update('replace', '/remaining', '500')
    expect((await usage(TODAY, TODAY)).items).toEqual({ [keyId]: [[0, 500]] })
  })

  it('is refused where it means nothing', async () => {
    expect(await refusal(update('add', '/remaining', '1'))).toContain(
      "Invalid patch path  '/remaining' specified for op 'add'",
    )
    for (const bad of ['-1', 'many', '1.5']) {
      expect(await refusal(update('replace', '/remaining', bad))).toContain('400 BadRequestException')
    }
    const plain = await plane.api.createUsagePlan({ name: 'no quota' })
    const patchOperations = [{ op: 'replace' as const, path: '/remaining', value: '1' }]
    expect(await refusal(plane.api.updateUsage({ usagePlanId: plain.id, keyId, patchOperations }))).toBe(
      '404 NotFoundException: Invalid API Key identifier specified',
    )
    await plane.api.createUsagePlanKey({ usagePlanId: plain.id, keyId, keyType: 'API_KEY' })
    expect(await refusal(plane.api.updateUsage({ usagePlanId: plain.id, keyId, patchOperations }))).toContain(
      'has no quota',
    )
  })
})
