import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { renderLine } from '../logs/access-log-format.ts'
import { type AnswerFacts, variablesOf } from '../logs/access-log-variables.ts'
import { countBody } from '../logs/count-body.ts'
import {
  answerOf,
  type ExecutionLine,
  executionLines,
  planLines,
  traceLines,
} from '../logs/execution-lines.ts'
import { accessLogDestinations, executionLogGroups } from '../logs/log-destination.ts'
import { Observation } from '../logs/observation.ts'
import { recordRequest, traceRequest } from '../trace-request.ts'

/**
 * To be called once the stage is known: from here on, what the request's logs and its trace need is noted. Without them
 * nothing is, and {@link observe} has nothing to do.
 */
export function beginObserving(exchange: Exchange): void {
  const { stage, settings, gateway } = exchange
  const level = settings?.loggingLevel
  if (stage?.pointer.tracingEnabled && gateway.tracing) {
    exchange.traced = traceRequest(exchange, gateway.tracing)
  }
  if (!level && !stage?.accessLog && !exchange.traced?.isSampled) return
  exchange.observation = new Observation(
    gateway.clock,
    level !== undefined && settings?.dataTraceEnabled === true,
  )
  exchange.gateway = exchange.observation.listen(gateway)
}

/** Writes the stage's logs of the request, and its trace; it has its answer: nobody waits for them. */
export function observe(exchange: Exchange): void {
  if (exchange.refusal) tellMistake(exchange, exchange.refusal)
  if (!exchange.observation) return
  if (exchange.traced) recordRequest(exchange, exchange.traced)
  if (exchange.stage?.accessLog) logAccess(exchange, exchange.stage.accessLog)
  const level = exchange.settings?.loggingLevel
  if (level === 'INFO' || (level === 'ERROR' && isError(exchange))) {
    const { gateway } = exchange
    gateway.defer(
      logExecution(exchange, exchange.observation, gateway.clock()).catch(error =>
        gateway.report(error, exchange.ids.requestId),
      ),
    )
  }
}

/** Who develops an API and is answered 500 learns why, before having switched a log on. */
function tellMistake(exchange: Exchange, { reason }: GatewayRefusal): void {
  const { gateway, stage, settings, address, ids, httpMethod, route, response } = exchange
  if (reason === undefined || !gateway.tellsMistakes || !stage || settings?.loggingLevel) return
  const [destination] = executionLogGroups(address.apiId, address.stage, false)
  const { id: account, region } = stage.api.account
  const what = `${httpMethod} ${route?.method.resourcePath ?? ''}`
  const message = `(${ids.requestId}) ${what} got ${response!.status}: ${reason}`
  const at = gateway.clock()
  gateway.logs.write({ destination: destination!, account, region, at, message, isHint: true })
}

/** At the level ERROR, only what went wrong on this side is told of. */
const isError = ({ refusal, response }: Exchange): boolean =>
  refusal !== undefined || (response !== undefined && response.status >= 500)

type AccessLog = NonNullable<NonNullable<Exchange['stage']>['accessLog']>

function logAccess(exchange: Exchange, { format, destination }: AccessLog): void {
  const write = (length: number) => {
    const { gateway, address, isCanary, response } = exchange
    const { account } = exchange.stage!.api
    const at = gateway.clock()
    const answer: AnswerFacts = { status: response!.status, length, endedAt: at }
    const message = renderLine(format, variablesOf(exchange, answer))
    for (const to of accessLogDestinations(destination, address.apiId, address.stage, isCanary === true)) {
      gateway.logs.write({ destination: to, account: account.id, region: account.region, at, message })
    }
  }
  if (format.readsLength) countBody(exchange, write)
  else write(0)
}

async function logExecution(exchange: Exchange, observation: Observation, endedAt: number): Promise<void> {
  const { gateway, address, ids, isCanary } = exchange
  const { account } = exchange.stage!.api
  const answer = await answerOf(exchange, endedAt)
  const lines: ExecutionLine[] = [
    ...planLines(exchange),
    ...(await executionLines(exchange, observation, answer)),
    ...traceLines(exchange, observation.calls, endedAt),
  ]
  for (const destination of executionLogGroups(address.apiId, address.stage, isCanary === true)) {
    for (const { at, text } of lines) {
      const message = `(${ids.requestId}) ${text}`
      gateway.logs.write({ destination, account: account.id, region: account.region, at, message })
    }
  }
}
