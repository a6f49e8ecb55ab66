import type { Account } from '../../lib/account.ts'

/**
 * OTLP as JSON, as far as Weir says it: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * Numbers of 64 bits are texts there, ids hexadecimal.
 */
export interface KeyValue {
  readonly key: string
  readonly value: AnyValue
}

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }

export interface Resource {
  readonly attributes: readonly KeyValue[]
}

/** What stands round everything that is exported of one account in a region. */
export const SCOPE = { name: 'weir' }

export function attribute(key: string, value: string | number | boolean): KeyValue {
  if (typeof value === 'string') return { key, value: { stringValue: value } }
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  return Number.isSafeInteger(value)
    ? { key, value: { intValue: String(value) } }
    : { key, value: { doubleValue: value } }
}

/** https://opentelemetry.io/docs/specs/semconv/resource/cloud/ */
export const resourceOf = ({ id, region }: Account, service: string): Resource => ({
  attributes: [
    attribute('service.name', service),
    attribute('cloud.provider', 'cloudflare'),
    attribute('cloud.account.id', id),
    attribute('cloud.region', region),
  ],
})

/** Of milliseconds since the epoch. */
export const nanoseconds = (ms: number): string =>
  (BigInt(Math.floor(ms)) * 1_000_000n + BigInt(Math.round((ms % 1) * 1_000_000))).toString()
