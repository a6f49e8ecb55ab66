import type { Env } from '../../env.ts'
import type { ExplainTokens } from '../../identity/explain-tokens.ts'
import type { Account } from '../../lib/account.ts'
import { ownField } from '../../lib/fields.ts'
import type { JsonObject } from '../../lib/json-object.ts'
import { objectMark } from '../../lib/object-marks.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { RequestLevels } from '../../metering/admit-levels.ts'
import { apiKeys } from '../../metering/control/metering-records.ts'
import type { Level } from '../../metering/decision.ts'
import { keyMeterName } from '../../metering/key-record.ts'
import type { MeterState } from '../../metering/meter.ts'
import type { OwnerCall, OwnerRoutes } from '../../owner-routes.ts'
import { REFUSED } from '../../protection/stranger-guard.ts'
import { Records } from '../../records/records.ts'
import { EXPLAIN_HEADER } from '../explanation.ts'
import type { Gateway } from '../gateway.ts'

/** One meter that a request would meet, and how it stands. */
interface LevelStanding {
  readonly level: Level
  readonly meter: string
  /** Of a method: what its stage allows it. */
  readonly limits?: { readonly rate: number; readonly burst: number }
  /** Absent: nobody has called it yet, or it is a method's, which keeps what it has to itself. */
  readonly state?: MeterState
}

const resource = (): string => 'explain'

/** Below `/_weir`: how limits stand, and the tokens by which single requests explain themselves. */
export const explainRoutes = (
  gateway: Pick<Gateway, 'pointers' | 'snapshots'>,
  tokens: ExplainTokens,
  env: Env,
): OwnerRoutes => [
  [
    'POST',
    '/explain/tokens',
    {
      action: 'ExplainRequests',
      resource,
      async answer({ account }) {
        const { token, expires } = await tokens.give(account)
        return Response.json({ header: EXPLAIN_HEADER, token, expires: new Date(expires).toISOString() })
      },
    },
  ],
  [
    'POST',
    '/explain',
    { action: 'ExplainRequests', resource, answer: call => standingOf(call, gateway, env) },
  ],
]

/** What a request would meet now. Nothing is asked that is not there, and nothing is counted. */
async function standingOf(
  { account, body }: OwnerCall,
  gateway: Pick<Gateway, 'pointers' | 'snapshots'>,
  env: Env,
): Promise<Response> {
  const apiId = text(body, 'apiId')
  const stage = text(body, 'stage')
  const httpMethod = text(body, 'httpMethod').toUpperCase()
  const path = text(body, 'path')
  const { resourcePath, levels } = await findLevels(gateway, account, { apiId, stage, httpMethod, path })
  const standings: LevelStanding[] = []
  if (body.apiKeyId !== undefined) {
    const meter = await keyMeterOf(env, account, text(body, 'apiKeyId'))
    standings.push({ level: 'key', meter, ...(await stateOf(env, meter, levels.key)) })
  }
  if (levels.method) {
    const { meter, target } = levels.method
    const { rate, burst } = target.throttle!
    standings.push({ level: 'method', meter, limits: { rate, burst } })
  }
  const { meter, target } = levels.account
  standings.push({ level: 'account', meter, ...(await stateOf(env, meter, target)) })
  return Response.json({ apiId, stage, httpMethod, resourcePath, levels: standings })
}

async function findLevels(
  { pointers, snapshots }: Pick<Gateway, 'pointers' | 'snapshots'>,
  account: Account,
  asked: { apiId: string; stage: string; httpMethod: string; path: string },
): Promise<{ readonly resourcePath: string; readonly levels: RequestLevels }> {
  const pointer = await pointers.get(asked.apiId)
  const stagePointer = pointer && pointer !== REFUSED && ownField(pointer.doc.stages, asked.stage)
  const api = stagePointer ? await snapshots.get(stagePointer.snapshot) : undefined
  // Somebody else's is none.
  if (!pointer || pointer === REFUSED || !stagePointer || !api || !isOf(api.account, account))
    throw new Refusal('NotFoundException', `There is no stage ${asked.stage} of an API ${asked.apiId}`)
  const found = api.find(asked.httpMethod, asked.path)
  if (!found)
    throw new Refusal('NotFoundException', `No method of the stage answers ${asked.httpMethod} ${asked.path}`)
  const stage = api.stage(asked.stage, stagePointer, stagePointer, pointer.generation)
  const { resourcePath } = found.method
  return { resourcePath, levels: stage.levels.of(found.method, asked.httpMethod) }
}

const isOf = (owner: Account, account: Account): boolean =>
  owner.id === account.id && owner.region === account.region

async function keyMeterOf(env: Env, account: Account, keyId: string): Promise<string> {
  const key = await new Records(env.DB, account).get(apiKeys, '', keyId)
  if (!key?.alias) throw new Refusal('NotFoundException', `There is no API key ${keyId}`)
  return keyMeterName(account.id, account.region, key.alias)
}

/** An object that nobody has called is not made for this: it is to be near its callers. */
async function stateOf(
  env: Env,
  meter: string,
  { apiId, stage, method }: { apiId: string; stage: string; method?: string },
): Promise<{ readonly state?: MeterState }> {
  if (!(await env.STORE.head(objectMark(meter)))) return {}
  return { state: await env.KEY_METER.getByName(meter).describe({ apiId, stage, method }) }
}

function text(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Refusal('BadRequestException', `"${name}" is missing, or is no text`)
}
