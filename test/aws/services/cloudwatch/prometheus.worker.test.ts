import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '../../../../src/records/migrate.ts'
import { askWeir, type Credentials, newAccount } from '../../../ask-weir.ts'
import { clientOptions, env, ORIGIN, send } from '../../../whole-weir.ts'

let credentials: Credentials & { account: string }

const ask = (method: string, path: string, body?: object, of: Credentials = credentials) =>
  askWeir(method, `/_weir/metrics${path}`, body, of, { region: 'eu-west-1' })

const scrape = (token: string) =>
  send(`${ORIGIN}/_weir/metrics`, { headers: { authorization: `Bearer ${token}` } })

beforeAll(async () => {
  await migrate(env.DB)
  credentials = await newAccount('prometheus')
  const client = new CloudWatch({ ...clientOptions('eu-west-1'), credentials })
  for (const Value of [3, 4])
    await client.putMetricData({
      Namespace: 'Shop',
      MetricData: [{ MetricName: 'Boxes', Dimensions: [{ Name: 'ShopName', Value: 'pets' }], Value }],
    })
})

describe('a Prometheus', () => {
  test('reads what an account has measured, and nothing of others', async () => {
    const { token, expires } = (await ask('POST', '/tokens')).body
    expect((Date.parse(expires) - Date.now()) / 86_400_000).toBeCloseTo(90, 1)
    const answer = await scrape(token)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await answer.text()).toBe(
      '# TYPE shop_boxes summary\nshop_boxes_sum{shop_name="pets"} 7\nshop_boxes_count{shop_name="pets"} 2\n',
    )
    const other = await newAccount('prometheus-other')
    const others = (await ask('POST', '/tokens', undefined, other)).body.token
    expect(await (await scrape(others)).text()).toBe('')
  })

  test('is let in by no token that was taken back, is over, or was made up', async () => {
    const { token } = (await ask('POST', '/tokens')).body
    const short = (await ask('POST', '/tokens', { days: 1e-9 })).body.token
    const forged = token.replace(credentials.account, '000000000000')
    for (const bad of [short, forged, 'x', `${token}x`]) expect((await scrape(bad)).status).toBe(401)
    expect((await send(`${ORIGIN}/_weir/metrics`)).status).toBe(401)
    expect((await scrape(token)).status).toBe(200)
    expect((await ask('DELETE', '/tokens')).status).toBe(200)
    expect((await scrape(token)).status).toBe(401)
    const again = (await ask('POST', '/tokens', { days: 1 })).body.token
    expect((await scrape(again)).status).toBe(200)
  })

  test('gets no token for longer than a year', async () => {
    for (const days of [0, -1, 367, '7']) expect((await ask('POST', '/tokens', { days })).status).toBe(400)
  })
})
