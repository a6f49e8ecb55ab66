import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Target } from '../../examples/pets-api/deploy.ts'

/** What came of the calls that one version answered. */
export interface Served {
  calls: number
  failed: number
}

/** Calls of an alias, one after the other on several lanes, until it is told to stop. */
export interface Traffic {
  /** By version. */
  readonly served: ReadonlyMap<string, Served>
  stop(): Promise<void>
}

/** Calls that are under way at a time, and how long a lane pauses after each. */
const LANES = 8
const PAUSE_MS = 40

/** What API Gateway would send for `GET /pets`, as far as the example looks at it. */
const EVENT = new TextEncoder().encode(
  JSON.stringify({ pathParameters: null, queryStringParameters: null, requestContext: { stage: 'prod' } }),
)

export function sendTraffic(target: Target, FunctionName: string, Qualifier: string): Traffic {
  const lambda = new LambdaClient({ ...target, maxAttempts: 1 })
  const served = new Map<string, Served>()
  let isOver = false
  const call = async () => {
    try {
      const { ExecutedVersion = '', FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName, Qualifier, Payload: EVENT }),
      )
      const version = served.get(ExecutedVersion) ?? { calls: 0, failed: 0 }
      version.calls += 1
      if (FunctionError) version.failed += 1
      served.set(ExecutedVersion, version)
    } catch {
      // No version has answered: what went wrong is said where the deployment ends.
    }
  }
  const lane = async () => {
    while (!isOver) {
      await call()
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
  }
  const lanes = Array.from({ length: LANES }, lane)
  return {
    served,
    async stop() {
      isOver = true
      await Promise.all(lanes)
      lambda.destroy()
    },
  }
}
