import type { XRay } from '@aws-sdk/client-xray'
import type { Account } from '../../../lib/account.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { traceStoreName } from '../../../observability/traces/segment.ts'
import type { OpenTraceSource } from '../../../observability/traces/trace-reader.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Handlers } from '../../wire/service.ts'

export type XRayHandlers = Handlers<XRay, Platform>

export const accountOf = ({ account, region }: Call<Platform>): Account => ({ id: account, region })

export const openTraces =
  ({ platform }: Call<Platform>): OpenTraceSource =>
  object =>
    platform.env.TRACE_STORE.getByName(object)

/** The first of the objects that keep an account's traces; it has the sampling rules. */
export const traceStoreOf = (call: Call<Platform>) =>
  call.platform.env.TRACE_STORE.getByName(traceStoreName(accountOf(call)))

export const invalidRequest = (message: string): Refusal => new Refusal('InvalidRequestException', message)
