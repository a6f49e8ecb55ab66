import type { SamplingRuleRecord as Told, SamplingRule as ToldRule } from '@aws-sdk/client-xray'
import type { Account } from '../../../../lib/account.ts'
import { partsOfArn } from '../../../../lib/arn.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { REPORT_MS } from '../../../../observability/traces/sampling/quotas.ts'
import {
  DEFAULT_RULE,
  inOrder,
  SAMPLING_PUBLICATION,
  type SamplingRuleRecord,
  samplingRuleArn,
  samplingRules,
} from '../../../../observability/traces/sampling/sampling-rule.ts'
import type { Platform } from '../../../../platform.ts'
import { modifyOr } from '../../../../records/modify.ts'
import type { Records, Stored } from '../../../../records/records.ts'
import type { Call } from '../../../wire/service.ts'
import { accountOf, invalidRequest, traceStoreOf, type XRayHandlers } from '../context.ts'

/** "25 sampling rules" by default at AWS; without a reason to be so few. */
const MOST_RULES = 100

export const samplingOperations = {
  async GetSamplingRules(_input, call) {
    const account = accountOf(call)
    const rules = await rulesOf(call.platform.records(account))
    return { SamplingRuleRecords: rules.map(rule => toldRecord(account, rule)) }
  },

  async GetSamplingTargets(input, call) {
    const account = accountOf(call)
    const documents = input.SamplingStatisticsDocuments
    const store = traceStoreOf(call)
    const byClient = Map.groupBy(documents, ({ ClientID }) => ClientID!)
    const answers = await Promise.all(
      [...byClient].map(([client, of]) =>
        store.sample(
          client,
          of.map(({ RuleName, RequestCount, SampledCount, BorrowCount = 0 }) => ({
            rule: RuleName!,
            requests: RequestCount!,
            sampled: SampledCount!,
            borrowed: BorrowCount,
          })),
        ),
      ),
    )
    const known = await rulesOf(call.platform.records(account))
    const names = new Set(known.map(({ name }) => name))
    return {
      SamplingTargetDocuments: answers.flatMap(({ targets }) =>
        targets.map(({ rule, fixedRate, quota, until }) => ({
          RuleName: rule,
          FixedRate: fixedRate,
          ReservoirQuota: quota,
          ReservoirQuotaTTL: new Date(until),
          Interval: REPORT_MS / 1000,
        })),
      ),
      LastRuleModification: new Date(Math.max(0, ...known.map(({ modified }) => modified))),
      UnprocessedStatistics: documents
        .filter(({ RuleName }) => !names.has(RuleName!))
        .map(({ RuleName }) => ({
          RuleName,
          ErrorCode: '404',
          Message: `Sampling rule ${RuleName} does not exist.`,
        })),
    }
  },

  async GetSamplingStatisticSummaries(_input, call) {
    const summaries = await traceStoreOf(call).samplingSummaries()
    return {
      SamplingStatisticSummaries: summaries.map(({ rule, at, requests, sampled, borrowed }) => ({
        RuleName: rule,
        Timestamp: new Date(at),
        RequestCount: requests,
        SampledCount: sampled,
        BorrowCount: borrowed,
      })),
    }
  },

  async CreateSamplingRule({ SamplingRule: given, Tags = [] }, call) {
    const account = accountOf(call)
    const name = given.RuleName
    if (!name || given.RuleARN) throw invalidRequest('A new sampling rule has a RuleName, and no RuleARN')
    if (given.Version !== 1) throw invalidRequest('The Version of a sampling rule is 1')
    const now = call.platform.clock()
    const rule: SamplingRuleRecord = {
      name,
      priority: given.Priority!,
      fixedRate: given.FixedRate!,
      reservoir: given.ReservoirSize!,
      service: given.ServiceName!,
      serviceType: given.ServiceType!,
      host: given.Host!,
      method: given.HTTPMethod!,
      path: given.URLPath!,
      resourceArn: given.ResourceARN!,
      attributes: given.Attributes ?? {},
      created: now,
      modified: now,
      tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key!, Value!])),
    }
    await change(call, async records => {
      if (name === DEFAULT_RULE.name || (await records.get(samplingRules, '', name))) {
        throw invalidRequest(`Sampling rule ${name} already exists.`)
      }
      if ((await records.count(samplingRules, '')) >= MOST_RULES) {
        throw new Refusal(
          'RuleLimitExceededException',
          `An account has at most ${MOST_RULES} sampling rules.`,
        )
      }
      await records
        .change()
        .create(samplingRules, { parent: '', id: name }, rule)
        .publish({ kind: SAMPLING_PUBLICATION, id: '' })
        .commit()
    })
    return { SamplingRuleRecord: toldRecord(account, rule) }
  },

  async UpdateSamplingRule({ SamplingRuleUpdate: given }, call) {
    const account = accountOf(call)
    const name = nameOf(account, given)
    const changed = await change(call, async records => {
      const stored = await records.get(samplingRules, '', name)
      if (!stored && name !== DEFAULT_RULE.name) throw noSuchRule(name)
      const now = call.platform.clock()
      const current = stored?.doc ?? { ...DEFAULT_RULE, created: 0, modified: 0, tags: {} }
      const doc: SamplingRuleRecord = {
        ...current,
        fixedRate: given.FixedRate ?? current.fixedRate,
        reservoir: given.ReservoirSize ?? current.reservoir,
        ...(name !== DEFAULT_RULE.name && {
          priority: given.Priority ?? current.priority,
          service: given.ServiceName ?? current.service,
          serviceType: given.ServiceType ?? current.serviceType,
          host: given.Host ?? current.host,
          method: given.HTTPMethod ?? current.method,
          path: given.URLPath ?? current.path,
          resourceArn: given.ResourceARN ?? current.resourceArn,
          attributes: given.Attributes ?? current.attributes ?? {},
        }),
        modified: now,
      }
      await save(records, stored, name, doc)
      return doc
    })
    return { SamplingRuleRecord: toldRecord(account, changed) }
  },

  async DeleteSamplingRule(input, call) {
    const account = accountOf(call)
    const name = nameOf(account, input)
    if (name === DEFAULT_RULE.name) throw invalidRequest('The default sampling rule cannot be deleted.')
    const removed = await change(call, async records => {
      const stored = await records.get(samplingRules, '', name)
      if (!stored) throw noSuchRule(name)
      await records
        .change()
        .remove(samplingRules, stored)
        .publish({ kind: SAMPLING_PUBLICATION, id: '' })
        .commit()
      return stored.doc
    })
    return { SamplingRuleRecord: toldRecord(account, removed) }
  },
} satisfies XRayHandlers

/** Every account has the default rule, which is a record only once it was changed. */
async function rulesOf(records: Records): Promise<SamplingRuleRecord[]> {
  const kept = (await records.all(samplingRules, '')).map(({ doc }) => doc)
  const hasDefault = kept.some(({ name }) => name === DEFAULT_RULE.name)
  const all = hasDefault ? kept : [...kept, { ...DEFAULT_RULE, created: 0, modified: 0, tags: {} }]
  return inOrder(all) as SamplingRuleRecord[]
}

async function change<T>(call: Call<Platform>, work: (records: Records) => Promise<T>): Promise<T> {
  const account = accountOf(call)
  const done = await modifyOr(
    () =>
      new Refusal(
        'ThrottledException',
        'Others keep changing the sampling rules at the same time. Try again.',
      ),
    () => work(call.platform.records(account)),
  )
  await call.platform.publications.publish(account, SAMPLING_PUBLICATION, '')
  return done
}

const save = (
  records: Records,
  stored: Stored<SamplingRuleRecord> | undefined,
  name: string,
  doc: SamplingRuleRecord,
) => {
  const begun = records.change()
  const change = stored
    ? begun.replace(samplingRules, stored, doc)
    : begun.create(samplingRules, { parent: '', id: name }, doc)
  return change.publish({ kind: SAMPLING_PUBLICATION, id: '' }).commit()
}

function nameOf(account: Account, { RuleName, RuleARN }: { RuleName?: string; RuleARN?: string }): string {
  const name = RuleName ?? (RuleARN && partsOfArn(RuleARN).resource.replace(/^sampling-rule\//, ''))
  if (!name || (RuleName && RuleARN)) {
    throw invalidRequest('A sampling rule is named either by RuleName or by RuleARN')
  }
  // As policies name it, or one could name what they forbid in another spelling.
  if (RuleARN && RuleARN !== samplingRuleArn(account, name)) throw noSuchRule(RuleARN)
  return name
}

const noSuchRule = (name: string): Refusal => invalidRequest(`Sampling rule ${name} does not exist.`)

const toldRecord = (account: Account, rule: SamplingRuleRecord): Told => ({
  SamplingRule: toldRule(account, rule),
  CreatedAt: new Date(rule.created),
  ModifiedAt: new Date(rule.modified),
})

const toldRule = (account: Account, rule: SamplingRuleRecord): ToldRule => ({
  RuleName: rule.name,
  RuleARN: samplingRuleArn(account, rule.name),
  ResourceARN: rule.resourceArn,
  Priority: rule.priority,
  FixedRate: rule.fixedRate,
  ReservoirSize: rule.reservoir,
  ServiceName: rule.service,
  ServiceType: rule.serviceType,
  Host: rule.host,
  HTTPMethod: rule.method,
  URLPath: rule.path,
  Version: 1,
  Attributes: { ...rule.attributes },
})
