import type { APIGateway } from '@aws-sdk/client-api-gateway'
import type { Lambda } from '@aws-sdk/client-lambda'
import { expect } from 'vitest'
import { zip } from '../acceptance/functions.ts'
import type { Weir } from '../server.ts'
import { soon } from '../soon.ts'

export { soon } from '../soon.ts'

/** What the steps share: the clients, and what earlier steps have made, by the names that later ones use. */
export interface World {
  readonly weir: Weir
  readonly gateway: APIGateway
  readonly lambda: Lambda
  readonly made: Record<string, string>
}

export type Step = (world: World) => Promise<void>

/** By operation, in the order in which they are to be run. */
export type Steps = Readonly<Record<string, Step>>

export const STAGE = 'test'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Asks the API that the steps have made. */
export async function ask({ weir, made }: World, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${weir.url}/_aws/execute-api/${made.api}/${STAGE}${path}`, init)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

export async function deploy({ gateway, made }: World): Promise<string> {
  const { id } = await gateway.createDeployment({ restApiId: made.api, stageName: STAGE })
  return id!
}

export async function expectAnswer(
  world: World,
  path: string,
  expected: { status: number; text?: unknown },
  init?: RequestInit,
): Promise<void> {
  await soon(async () => {
    const { status, text } = await ask(world, path, init)
    expect({ status, ...('text' in expected && { text }) }).toEqual(expected)
  })
}

/** The error's name, or that there was none. */
export const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    error => (error as Error).name,
  )

/** Makes a function that APIs may call, and answers the URI under which they do. */
export async function createFunction({ lambda }: World, FunctionName: string, code: string): Promise<string> {
  const { FunctionArn } = await lambda.createFunction({
    FunctionName,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: 'arn:aws:iam::000000000000:role/every',
    Code: { ZipFile: zip({ 'index.js': code }) },
  })
  await lambda.addPermission({
    FunctionName,
    StatementId: 'gateway',
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
  })
  return `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FunctionArn}/invocations`
}
