import type { Env } from '../../../env.ts'
import type { Publish } from '../../../records/publications.ts'
import { Records } from '../../../records/records.ts'
import { traceStoreName } from '../segment.ts'
import { DEFAULT_RULE, inOrder, type SamplingRule, samplingRules } from './sampling-rule.ts'

/** Hands an account's sampling rules to the object that tells whoever samples. */
export const publishSamplingRules =
  (env: Env): Publish =>
  async ({ id, region, generation }) => {
    const account = { id, region }
    const kept = await new Records(env.DB, account).all(samplingRules, '')
    const rules: SamplingRule[] = kept.map(
      ({ doc: { created: _, modified: __, tags: ___, ...rule } }) => rule,
    )
    if (!rules.some(({ name }) => name === DEFAULT_RULE.name)) rules.push(DEFAULT_RULE)
    await env.TRACE_STORE.getByName(traceStoreName(account)).setRules(generation, inOrder(rules))
  }
