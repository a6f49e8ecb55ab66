import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { CodeDeploy } from '@aws-sdk/client-codedeploy'
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from '@aws-sdk/client-lambda'
import { SNS } from '@aws-sdk/client-sns'
import { XRay } from '@aws-sdk/client-xray'
import { zipSync } from 'fflate'
import type { Weir } from '../server.ts'
import { watchCalls } from '../watch-calls.ts'

export { soon } from '../soon.ts'
export { nameOf } from '../watch-calls.ts'

export const ACCOUNT = '000000000000'
export const REGION = 'us-east-1'

/** What the steps share: clients, and what earlier steps have made, by the names that later ones use. */
export interface World {
  readonly weir: Weir
  readonly logs: CloudWatchLogs
  readonly cloudwatch: CloudWatch
  readonly xray: XRay
  readonly sns: SNS
  readonly codedeploy: CodeDeploy
  readonly lambda: Lambda
  readonly made: Record<string, string>
  /** `service:Operation` of every call that was answered without an error. */
  readonly called: Set<string>
  readonly endpoint: Endpoint
}

export type Step = (world: World) => Promise<void>

/** By operation, in the order in which they are to be run. */
export type Steps = Readonly<Record<string, Step>>

export function newWorld(weir: Weir, endpoint: Endpoint): World {
  const called = new Set<string>()
  return {
    weir,
    logs: watchCalls(new CloudWatchLogs({ ...weir.sdk, disableHostPrefix: true }), 'logs', called),
    cloudwatch: watchCalls(new CloudWatch(weir.sdk), 'cloudwatch', called),
    xray: watchCalls(new XRay(weir.sdk), 'xray', called),
    sns: watchCalls(new SNS(weir.sdk), 'sns', called),
    codedeploy: watchCalls(new CodeDeploy(weir.sdk), 'codedeploy', called),
    lambda: new Lambda(weir.sdk),
    made: {},
    called,
    endpoint,
  }
}

/** A server that notes what is posted to it. */
export interface Endpoint {
  readonly url: string
  readonly posted: { readonly headers: Readonly<Record<string, unknown>>; readonly body: string }[]
  close(): void
}

export async function startEndpoint(): Promise<Endpoint> {
  const posted: Endpoint['posted'] = []
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    posted.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, posted, close: () => server.close() }
}

const zipOf = (code: string) => zipSync({ 'index.js': new TextEncoder().encode(code) })

/** Makes a function, or a further version of it. @returns the version's number */
export async function publish({ lambda }: World, name: string, code: string): Promise<string> {
  const FunctionName = name
  try {
    await lambda.createFunction({
      FunctionName,
      Runtime: 'nodejs22.x',
      Role: `arn:aws:iam::${ACCOUNT}:role/any`,
      Handler: 'index.handler',
      Code: { ZipFile: zipOf(code) },
    })
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName })
  } catch (error) {
    if ((error as Error).name !== 'ResourceConflictException') throw error
    await lambda.updateFunctionCode({ FunctionName, ZipFile: zipOf(code) })
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30 }, { FunctionName })
  }
  return (await lambda.publishVersion({ FunctionName })).Version!
}

/** What a function answers, read as JSON. */
export async function call({ lambda }: World, FunctionName: string, event: object = {}): Promise<unknown> {
  const { Payload } = await lambda.invoke({ FunctionName, Payload: JSON.stringify(event) })
  return JSON.parse(new TextDecoder().decode(Payload))
}

export const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000)
