import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Weir } from '../server.ts'

/** One call of an alias that was answered. */
export interface Called {
  /** When it was sent, epoch milliseconds. */
  readonly at: number
  readonly version: string
  readonly failed: boolean
}

/** Calls that are under way at a time. */
const LANES = 8

/** Calls an alias without a pause until it is told to stop. */
export function keepCalling(weir: Weir, FunctionName: string, Qualifier: string) {
  const client = new LambdaClient(weir.sdk)
  // By which a deployment may keep somebody on a version.
  client.middlewareStack.add(
    next => args => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-user'] = String(Math.floor(Math.random() * 1_000))
      return next(args)
    },
    { step: 'build' },
  )
  const called: Called[] = []
  const refused: string[] = []
  let isOver = false
  const lane = async () => {
    while (!isOver) {
      const at = Date.now()
      try {
        const answer = await client.send(new InvokeCommand({ FunctionName, Qualifier, Payload: '{}' }))
        called.push({ at, version: answer.ExecutedVersion!, failed: answer.FunctionError !== undefined })
      } catch (error) {
        refused.push(String(error))
      }
    }
  }
  const lanes = Array.from({ length: LANES }, lane)
  return {
    called,
    refused,
    async stop() {
      isOver = true
      await Promise.all(lanes)
      client.destroy()
    },
  }
}

/** How likely as many of `count` or fewer, or as many or more, are the new version's, if its share is `share`. */
export function chiSquareP(canary: number, count: number, share: number): number {
  const [expected, rest] = [count * share, count * (1 - share)]
  const statistic = (canary - expected) ** 2 / expected + (count - canary - rest) ** 2 / rest
  return complementaryError(Math.sqrt(statistic / 2))
}

/** https://personal.math.ubc.ca/~cbm/aands/page_299.htm, 7.1.26: within 1.5e-7. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.3275911 * x)
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]
  return series.reduce((sum, factor) => sum * t + factor, 0) * t * Math.exp(-x * x)
}
