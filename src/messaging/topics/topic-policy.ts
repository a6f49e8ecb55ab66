import { type CompiledPolicy, compilePolicy } from '../../identity/policies/compile-policy.ts'
import type { PolicyDocument } from '../../identity/policies/policy-document.ts'
import type { PointerCache } from '../../pointers/pointer-cache.ts'
import type { PublishedTopic } from './published-topic.ts'
import { topicHubName, topicOfArn } from './topic-arn.ts'

/** A published topic stays the same object while nothing changes. */
const compiled = new WeakMap<PublishedTopic, CompiledPolicy>()

/** The policy of the topic that an ARN names; undefined if it names none. */
export async function topicPolicy(
  topics: PointerCache<PublishedTopic>,
  { resource }: { readonly resource: string },
): Promise<CompiledPolicy | undefined> {
  const place = topicOfArn(resource)
  const pointed = place && (await topics.get(topicHubName(place)))
  return pointed && policyOfTopic(pointed.doc)
}

export function policyOfTopic(topic: PublishedTopic): CompiledPolicy {
  let policy = compiled.get(topic)
  if (!policy) {
    policy = compilePolicy('topic policy', JSON.parse(topic.policy) as PolicyDocument, 'resource')
    compiled.set(topic, policy)
  }
  return policy
}
