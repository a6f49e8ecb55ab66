import { isJsonObject, parseJsonObject } from '../../lib/json-object.ts'
import { Refusal } from '../../lib/refusal.ts'
import { Overdue, within } from '../../lib/within.ts'
import type { FoundPool } from './find-pool.ts'
import { type PoolSettings, poolArn } from './pool-records.ts'
import type { PoolUser } from './users/pool-user.ts'

/** Calls the function that a pool's owner set as a trigger, with JSON text. */
export type CallTrigger = (call: TriggerCall) => Promise<TriggerResult>

export interface TriggerCall {
  readonly functionArn: string
  /** The pool, as the function's own policy has to know it. */
  readonly sourceArn: string
  readonly sourceAccount: string
  /** JSON text. */
  readonly payload: string
  /** `X-Amzn-Trace-Id` of the request that this is done for. */
  readonly traceId?: string | undefined
}

/** `refused`: the function was not called; `again` where trying again may help. */
export type TriggerResult =
  | { readonly kind: 'answered'; readonly payload: string; readonly failed: boolean }
  | { readonly kind: 'refused'; readonly reason: string; readonly again: boolean }

/** As settings and messages name them. */
export type TriggerKind =
  | 'PreSignUp'
  | 'PostConfirmation'
  | 'PreAuthentication'
  | 'PostAuthentication'
  | 'PreTokenGeneration'
  | 'CustomMessage'
  | 'UserMigration'
  | 'DefineAuthChallenge'
  | 'CreateAuthChallenge'
  | 'VerifyAuthChallengeResponse'

/** What is peculiar to one event; https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html */
export interface TriggerEvent {
  /** `PreSignUp_SignUp` */
  readonly source: string
  readonly userName: string
  /** Absent where an administrator asked. */
  readonly clientId?: string | undefined
  readonly request: Readonly<Record<string, unknown>>
  /** What the function may fill in, with what holds if it does not. */
  readonly response: Readonly<Record<string, unknown>>
  readonly traceId?: string | undefined
}

/** How long a function has, and how often it is tried: "Amazon Cognito retries the call. After three unsuccessful attempts, the function times out." */
const PATIENCE_MS = 5_000
const ATTEMPTS = 3

/** Which function a pool calls, and which version of the event it wants. */
export function triggerOf(
  { LambdaConfig = {} }: PoolSettings,
  kind: TriggerKind,
): { readonly functionArn: string; readonly version: '1' | '2' | '3' } | undefined {
  const versioned = kind === 'PreTokenGeneration' ? LambdaConfig.PreTokenGenerationConfig : undefined
  if (versioned?.LambdaArn) {
    const version = ({ V1_0: '1', V2_0: '2', V3_0: '3' } as const)[versioned.LambdaVersion ?? 'V1_0']
    return { functionArn: versioned.LambdaArn, version }
  }
  const functionArn = LambdaConfig[kind]
  return functionArn ? { functionArn, version: '1' } : undefined
}

/**
 * Asks a pool's function, if it has one for this: undefined where it has none, otherwise what the function made of
 * `response`, members that it left out included.
 *
 * Throws a refusal: UserLambdaValidationException for a function that failed, UnexpectedLambdaException for one that
 * could not be called or was too slow, InvalidLambdaResponseException for an answer that is none.
 */
export async function runTrigger(
  call: CallTrigger,
  { account, pool }: FoundPool,
  kind: TriggerKind,
  event: TriggerEvent,
  patienceMs: number = PATIENCE_MS,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const trigger = triggerOf(pool.doc.settings, kind)
  if (!trigger) return undefined
  const payload = JSON.stringify({
    version: trigger.version,
    region: account.region,
    userPoolId: pool.id,
    userName: event.userName,
    callerContext: {
      awsSdkVersion: 'aws-sdk-unknown-unknown',
      clientId: event.clientId ?? 'CLIENT_ID_NOT_APPLICABLE',
    },
    triggerSource: event.source,
    request: event.request,
    response: event.response,
  })
  const asked: TriggerCall = {
    functionArn: trigger.functionArn,
    sourceArn: poolArn(account, pool.id),
    sourceAccount: account.id,
    payload,
    traceId: event.traceId,
  }
  const result = await answerOf(call, kind, asked, patienceMs)
  const answer = parseJsonObject(result.payload)
  if (result.failed) {
    throw new Refusal(
      'UserLambdaValidationException',
      `${kind} failed with error ${String(answer?.errorMessage ?? 'Unknown')}.`,
    )
  }
  const response = answer?.response
  if (!isJsonObject(response)) throw invalidResponse('Unrecognizable lambda output')
  return { ...event.response, ...response }
}

async function answerOf(
  call: CallTrigger,
  kind: TriggerKind,
  asked: TriggerCall,
  patienceMs: number,
): Promise<TriggerResult & { kind: 'answered' }> {
  for (let attempt = 1; ; attempt++) {
    const result = await oneAnswer(call, asked, patienceMs)
    if (result.kind === 'answered') return result
    if (!result.again || attempt === ATTEMPTS) {
      throw new Refusal(
        'UnexpectedLambdaException',
        `${kind} invocation failed due to error ${result.reason}.`,
      )
    }
  }
}

async function oneAnswer(call: CallTrigger, asked: TriggerCall, patienceMs: number): Promise<TriggerResult> {
  try {
    return await within(call(asked), patienceMs, 'a trigger')
  } catch (error) {
    if (!(error instanceof Overdue)) throw error
    return { kind: 'refused', reason: 'Socket timeout while invoking Lambda function', again: true }
  }
}

/** A yes or no of a function's answer. Throws a refusal for what is neither. */
export function flagOf(response: Readonly<Record<string, unknown>> | undefined, member: string): boolean {
  const value = response?.[member] ?? false
  if (typeof value === 'boolean') return value
  throw invalidResponse(`Unrecognizable lambda output: ${member} is not a boolean`)
}

/** A text of a function's answer. Throws a refusal for what is none. */
export function textOf(
  response: Readonly<Record<string, unknown>> | undefined,
  member: string,
): string | undefined {
  const value = response?.[member] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw invalidResponse(`Unrecognizable lambda output: ${member} is not a string`)
}

/** A user's attributes as functions are given them. */
export const attributesInEvent = (user: PoolUser): Record<string, string> => ({
  ...user.attributes,
  'cognito:user_status': user.status,
})

export const invalidResponse = (message: string): Refusal =>
  new Refusal('InvalidLambdaResponseException', message)
