import { POLICIES_FOR_OPERATORS } from './aws-policies-for-operators.ts'
import { POLICIES_FOR_PEOPLE } from './aws-policies-for-people.ts'
import { POLICIES_FOR_SERVICES } from './aws-policies-for-services.ts'
import type { ManagedPolicy } from './aws-policy.ts'

export type { ManagedPolicy } from './aws-policy.ts'

export const managedPolicyArn = ({ path, name }: Pick<ManagedPolicy, 'path' | 'name'>): string =>
  `arn:aws:iam::aws:policy${path}${name}`

/** By ARN. */
export const MANAGED_POLICIES: ReadonlyMap<string, ManagedPolicy> = new Map(
  [...POLICIES_FOR_SERVICES, ...POLICIES_FOR_PEOPLE, ...POLICIES_FOR_OPERATORS].map(each => [
    managedPolicyArn(each),
    each,
  ]),
)
