import type { Account } from '../../../lib/account.ts'
import { arn } from '../../../lib/arn.ts'
import { matchesWildcards } from '../../../lib/wildcards.ts'
import { kind } from '../../../records/records.ts'

/** What X-Ray's rules say: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html */
export interface SamplingRule {
  readonly name: string
  /** 1 to 9,999, of which the least is asked first; 10,000 of the default. */
  readonly priority: number
  /** Share of requests beyond the reservoir, 0 to 1. */
  readonly fixedRate: number
  /** Requests a second that are sampled before the rate applies, by all who ask together. */
  readonly reservoir: number
  /** Patterns with `*` and `?`. */
  readonly service: string
  readonly serviceType: string
  readonly host: string
  readonly method: string
  readonly path: string
  readonly resourceArn: string
  readonly attributes?: Readonly<Record<string, string>>
}

export interface SamplingRuleRecord extends SamplingRule {
  /** Epoch milliseconds. */
  readonly created: number
  readonly modified: number
  readonly tags: Readonly<Record<string, string>>
}

/** Rules of an account, by their names. */
export const samplingRules = kind<SamplingRuleRecord>('xray-sampling-rule')

export const samplingRuleArn = (account: Account, name: string): string =>
  arn('xray', account, `sampling-rule/${name}`)

/** Whatever is published of an account's rules: all of them at once. */
export const SAMPLING_PUBLICATION = 'sampling-rules'

export const DEFAULT_RULE: SamplingRule = {
  name: 'Default',
  priority: 10_000,
  fixedRate: 0.05,
  reservoir: 1,
  service: '*',
  serviceType: '*',
  host: '*',
  method: '*',
  path: '*',
  resourceArn: '*',
}

/** What is asked about: a request that no trace has come with. */
export interface SamplingRequest {
  readonly service: string
  /** `AWS::ApiGateway::Stage` */
  readonly serviceType: string
  readonly host: string
  readonly method: string
  readonly path: string
  /** Of what serves it. */
  readonly resourceArn: string
}

/** The rule for a request; `rules` in the order of their priorities. */
export const ruleFor = (rules: readonly SamplingRule[], request: SamplingRequest): SamplingRule =>
  rules.find(
    rule =>
      matches(rule.service, request.service) &&
      matches(rule.serviceType, request.serviceType) &&
      matches(rule.host, request.host) &&
      matches(rule.method, request.method) &&
      matches(rule.path, request.path) &&
      matches(rule.resourceArn, request.resourceArn) &&
      // Attributes are of segments that programs make; requests of Weir's have none.
      Object.keys(rule.attributes ?? {}).length === 0,
  ) ?? DEFAULT_RULE

/** By priority, then by name, the default last. */
export const inOrder = (rules: readonly SamplingRule[]): SamplingRule[] =>
  [...rules].sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1))

const matches = (pattern: string, text: string): boolean =>
  matchesWildcards(pattern.toLowerCase(), text.toLowerCase())
