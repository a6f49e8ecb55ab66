import type { Invocation, InvocationResult, RefusalReason } from './functions/invocation.ts'
import type { CallTrigger } from './identity/user-pools/triggers.ts'
import { functionOfArn } from './lib/arn.ts'

const SERVICE = 'cognito-idp.amazonaws.com'

/** What became of the call, in the words of the Lambda API, which Cognito hands on. */
const REASONS: Readonly<Record<RefusalReason, { readonly reason: string; readonly again: boolean }>> = {
  'not-found': { reason: 'ResourceNotFoundException', again: false },
  'not-permitted': { reason: 'AccessDeniedException', again: false },
  throttled: { reason: 'TooManyRequestsException', again: true },
  'over-ceiling': { reason: 'TooManyRequestsException', again: true },
  recursive: { reason: 'RecursiveInvocationException', again: false },
  'not-ready': { reason: 'ResourceConflictException', again: false },
  unavailable: { reason: 'ServiceException', again: true },
  'key-unusable': { reason: 'KMSAccessDeniedException', again: false },
}

/** The functions of user pools, called as Cognito: each function's own policy has to let the pool in. */
export const triggerCaller =
  (invoke: (invocation: Invocation) => Promise<InvocationResult>, newId: () => string): CallTrigger =>
  async ({ functionArn, sourceArn, sourceAccount, payload, traceId }) => {
    const target = functionOfArn(functionArn)
    if (!target) return { kind: 'refused', ...REASONS['not-found'] }
    const result = await invoke({
      ...target,
      payload,
      requestId: newId(),
      traceId,
      principal: { service: SERVICE, sourceArn, sourceAccount },
    })
    return result.kind === 'answered'
      ? { kind: 'answered', payload: result.payload, failed: result.functionError !== undefined }
      : { kind: 'refused', ...REASONS[result.reason] }
  }
