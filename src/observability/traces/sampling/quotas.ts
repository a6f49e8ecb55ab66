import type { SamplingRule } from './sampling-rule.ts'

/** What somebody who samples says of one rule. */
export interface SamplingStatistics {
  readonly rule: string
  /** Requests that the rule was for, since it said so last, and how many of them were sampled. */
  readonly requests: number
  readonly sampled: number
  readonly borrowed: number
}

export interface SamplingTarget {
  readonly rule: string
  readonly fixedRate: number
  /** Requests a second out of the reservoir that are for whoever asked. */
  readonly quota: number
  /** Epoch milliseconds until which the quota is. */
  readonly until: number
}

/** What was sampled under a rule in ten seconds, as GetSamplingStatisticSummaries tells it. */
export interface SamplingSummary {
  readonly rule: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly requests: number
  readonly sampled: number
  readonly borrowed: number
}

/** "The X-Ray SDK ... every 10 seconds" https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html */
export const REPORT_MS = 10_000

/** A quota is for a while longer than until the next report. */
const QUOTA_MS = 20_000

const MOST_CLIENTS = 10_000
const MOST_SUMMARIES = 500

/**
 * Divides reservoirs among those who sample: each rule's is shared evenly by whoever has met requests of it lately, so
 * that all of them together take no more than it holds. In memory alone: who samples reports anew ten seconds later.
 */
export class SamplingQuotas {
  /** When a client has last met requests of a rule. */
  readonly #clients = new Map<string, Map<string, number>>()
  readonly #summaries: SamplingSummary[] = []

  report(
    rules: readonly SamplingRule[],
    client: string,
    statistics: readonly SamplingStatistics[],
    now: number,
  ): SamplingTarget[] {
    return statistics.flatMap(said => {
      const rule = rules.find(({ name }) => name === said.rule)
      if (!rule) return []
      this.#note(said, now)
      const clients = this.#clientsOf(rule.name)
      for (const [id, at] of clients) if (now - at > QUOTA_MS) clients.delete(id)
      if (said.requests > 0 && (clients.has(client) || clients.size < MOST_CLIENTS)) clients.set(client, now)
      const place = [...clients.keys()].indexOf(client)
      return [
        {
          rule: rule.name,
          fixedRate: rule.fixedRate,
          quota: place < 0 ? 0 : share(rule.reservoir, clients.size, place),
          until: now + QUOTA_MS,
        },
      ]
    })
  }

  /** Newest last. */
  get summaries(): readonly SamplingSummary[] {
    return this.#summaries
  }

  clear(): void {
    this.#clients.clear()
    this.#summaries.length = 0
  }

  #clientsOf(rule: string): Map<string, number> {
    let clients = this.#clients.get(rule)
    if (!clients) {
      clients = new Map()
      this.#clients.set(rule, clients)
    }
    return clients
  }

  #note({ rule, requests, sampled, borrowed }: SamplingStatistics, now: number): void {
    const at = Math.floor(now / REPORT_MS) * REPORT_MS
    const index = this.#summaries.findLastIndex(summary => summary.at === at && summary.rule === rule)
    const known = index < 0 ? { requests: 0, sampled: 0, borrowed: 0 } : this.#summaries[index]!
    const summary = {
      rule,
      at,
      requests: known.requests + requests,
      sampled: known.sampled + sampled,
      borrowed: known.borrowed + borrowed,
    }
    if (index >= 0) this.#summaries[index] = summary
    else this.#summaries.push(summary)
    if (this.#summaries.length > MOST_SUMMARIES) this.#summaries.shift()
  }
}

/** Whole requests; what does not divide is for those who came first. */
const share = (reservoir: number, clients: number, place: number): number =>
  Math.floor(reservoir / clients) + (place < reservoir % clients ? 1 : 0)
