import { type CompiledPolicy, compilePolicy } from '../identity/policies/compile-policy.ts'
import { decideByResource } from '../identity/policies/decide.ts'
import { requestContext } from '../identity/policies/request.ts'
import type { ServicePrincipal } from './invocation.ts'
import type { FunctionPointer, PolicyStatement } from './manifest.ts'

/** What is asked of a function's policy beside who asks. */
interface InvocationAsked {
  /** `lambda:InvokeFunction` unless a function URL is called. */
  readonly action?: string
  /** Further condition keys: `lambda:FunctionUrlAuthType`, `lambda:EventSourceToken`. */
  readonly context?: Readonly<Record<string, string | undefined>>
}

/**
 * Whether the function's resource policy lets a service call it, or, without a principal, anybody at all. Each
 * qualifier has a policy of its own: a grant on the unqualified function does not reach an alias, and the other way
 * round; one on an alias holds whatever version the alias leads to.
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export function permitInvocation(
  pointer: FunctionPointer,
  qualifier: string | undefined,
  caller: ServicePrincipal | undefined,
  asked: InvocationAsked = {},
): boolean {
  const policy = invocationPolicy(pointer, qualifier)
  if (!policy) return false
  const decision = decideByResource(policy, {
    action: asked.action ?? 'lambda:InvokeFunction',
    resource: '*',
    principal: caller ? { kind: 'service', name: caller.service } : { kind: 'anonymous' },
    context: requestContext({
      'aws:SourceArn': caller?.sourceArn,
      'aws:SourceAccount': caller?.sourceAccount,
      ...asked.context,
    }),
  })
  return decision.allowed
}

/** The policy of one qualifier; its statements name no resource, as they hang on one. */
export function invocationPolicy(
  pointer: FunctionPointer,
  qualifier: string | undefined,
): CompiledPolicy | undefined {
  const statements = pointer.policies[qualifier ?? '']
  return statements && compiled(statements)
}

/** A pointer is kept for as long as it does not change, and its statements are compiled once in that time. */
const policies = new WeakMap<readonly PolicyStatement[], CompiledPolicy>()

function compiled(statements: readonly PolicyStatement[]): CompiledPolicy {
  let policy = policies.get(statements)
  if (!policy) {
    const withoutResource = statements.map(({ Resource: _, ...statement }) => statement)
    policy = compilePolicy('default', { Version: '2012-10-17', Statement: withoutResource }, 'resource')
    policies.set(statements, policy)
  }
  return policy
}
