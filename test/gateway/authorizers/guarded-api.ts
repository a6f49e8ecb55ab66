import type { Invocation, InvocationResult } from '../../../src/functions/invocation.ts'
import type { Gateway } from '../../../src/gateway/pipeline.ts'
import type { Snapshot, SnapshotAuthorizer, SnapshotMethod } from '../../../src/gateway/snapshot.ts'
import type { PolicyDocument, StatementDocument } from '../../../src/identity/policies/policy-document.ts'
import { API_ID, answered, fakeApi, functionUri, method, NOW, resource, snapshot } from '../fake-gateway.ts'

export const ARN = (path: string, verb = 'GET', stage = 'prod') =>
  `arn:aws:execute-api:us-east-1:123456789012:${API_ID}/${stage}/${verb}${path}`

export const policy = (...Statement: StatementDocument[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement,
})

export const statement = (
  Effect: 'Allow' | 'Deny',
  Resource: string | string[] = '*',
  more: Partial<StatementDocument> = {},
): StatementDocument => ({ Effect, Action: 'execute-api:Invoke', Resource, ...more })

/** What an authorizer's function returns to let somebody in. */
export const letIn = (more: Record<string, unknown> = {}) =>
  answered({ principalId: 'user|1', policyDocument: policy(statement('Allow')), ...more })

export const turnAway = (errorMessage: string): InvocationResult => ({
  ...(answered({ errorMessage, errorType: 'Error' }) as Extract<InvocationResult, { kind: 'answered' }>),
  functionError: 'Unhandled',
})

export interface GuardedOptions {
  readonly authorizer?: Partial<SnapshotAuthorizer>
  /** What the authorizer's function makes of its event. */
  readonly decide?: (
    event: Record<string, unknown>,
    invocation: Invocation,
  ) => InvocationResult | Promise<InvocationResult>
  readonly method?: Partial<SnapshotMethod>
  readonly snapshot?: Partial<Snapshot>
  readonly variables?: Record<string, string>
  readonly parts?: Partial<Gateway>
  readonly paths?: readonly string[]
}

/** An API whose methods one authorizer guards, and a clock that tests move. */
export function guardedApi(options: GuardedOptions = {}) {
  const asked: Invocation[] = []
  const time = { now: NOW }
  const guarded = method({ authorizationType: 'CUSTOM', authorizerId: 'auth01', ...options.method })
  const paths = options.paths ?? ['/pets', '/pets/{id}', '/files/{proxy+}', '/']
  const api = fakeApi({
    snapshot: snapshot(
      paths.map(path => resource(path, { ANY: guarded })),
      {
        authorizers: {
          auth01: {
            name: 'guard',
            type: 'TOKEN',
            uri: functionUri('guard'),
            ttlSeconds: 300,
            ...options.authorizer,
          },
        },
        ...options.snapshot,
      },
    ),
    stages: { prod: options.variables ?? {}, beta: {} },
    invoke: invocation => {
      if (!invocation.name.startsWith('guard')) return answered({ statusCode: 200, body: 'in' })
      asked.push(invocation)
      const event = JSON.parse(invocation.payload as string) as Record<string, unknown>
      return options.decide ? options.decide(event, invocation) : letIn()
    },
    parts: { clock: () => time.now, ...options.parts },
  })
  return {
    ...api,
    /** Calls of the authorizer's function. */
    asked,
    askedWith: () => JSON.parse(asked.at(-1)!.payload as string) as Record<string, never>,
    pass(ms: number) {
      time.now += ms
    },
    /** Status, message and error type. */
    async outcome(target: string, init?: RequestInit) {
      const response = await api.send(target, init)
      const text = await response.text()
      if (response.status === 200) return [200, text]
      const body = JSON.parse(text) as { message?: string; Message?: string }
      const errorType = response.headers.get('x-amzn-ErrorType')
      // API Gateway is seen to write the one in capitals.
      const message = errorType === 'AccessDeniedException' ? body.Message : body.message
      return [response.status, message, errorType]
    },
  }
}

export const bearing = (token: string): RequestInit => ({ headers: { authorization: token } })
