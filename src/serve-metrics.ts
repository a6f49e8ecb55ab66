import type { Env } from './env.ts'
import { ownField } from './lib/fields.ts'
import { sourceIpOf } from './lib/forwarded.ts'
import { Refusal } from './lib/refusal.ts'
import { exposition } from './observability/metrics/prometheus/exposition.ts'
import { readTotals } from './observability/metrics/read-series.ts'
import type { OwnerRoutes } from './owner-routes.ts'
import type { ScrapeTokens } from './scrape-tokens.ts'

export const METRICS_PATH = '/_weir/metrics'

const DAY_MS = 24 * 3_600_000
const LIFE_DAYS = { usual: 90, most: 366 }

/** Below `/_weir`: the tokens by which a Prometheus reads an account's metrics. */
export const metricsRoutes = (tokens: ScrapeTokens): OwnerRoutes => [
  [
    'POST',
    '/metrics/tokens',
    {
      action: 'CreateScrapeToken',
      resource: () => 'metrics',
      async answer({ account, body }) {
        const days = ownField(body, 'days') ?? LIFE_DAYS.usual
        if (typeof days !== 'number' || !(days > 0) || days > LIFE_DAYS.most)
          throw new Refusal('BadRequestException', `"days" is a number, ${LIFE_DAYS.most} at most`)
        const { token, expires } = await tokens.give(account, days * DAY_MS)
        return Response.json({ token, expires: new Date(expires).toISOString() })
      },
    },
  ],
  [
    'DELETE',
    '/metrics/tokens',
    {
      action: 'DeleteScrapeTokens',
      resource: () => 'metrics',
      async answer({ account }) {
        await tokens.takeBack(account)
        return Response.json({ status: 'taken back' })
      },
    },
  ],
]

/** Answers a Prometheus with what an account has measured since the day began, UTC: its counters begin anew then. */
export async function serveMetrics(
  request: Request,
  {
    env,
    tokens,
    start,
  }: { readonly env: Env; readonly tokens: ScrapeTokens; readonly start: () => Promise<void> },
): Promise<Response> {
  const token = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  await start()
  const account = token === undefined ? undefined : await tokens.accountOf(token, sourceIpOf(request))
  if (!account) {
    return new Response(`A token is needed, which POST ${METRICS_PATH}/tokens gives\n`, {
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  return new Response(exposition(await readTotals(env, account)), {
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
  })
}
