import type { CompiledPolicy } from '../identity/policies/compile-policy.ts'
import { functionOfArn } from '../lib/arn.ts'
import type { PointerCache } from '../pointers/pointer-cache.ts'
import { type FunctionPointer, functionPointerName } from './manifest.ts'
import { invocationPolicy } from './permit-invocation.ts'

/** The resource policy of the function, version or alias that an ARN names; undefined if it has none. */
export async function functionPolicy(
  pointers: PointerCache<FunctionPointer>,
  { resource }: { readonly resource: string },
): Promise<CompiledPolicy | undefined> {
  const named = functionOfArn(resource)
  const pointed = named && (await pointers.get(functionPointerName(named.account, named.name)))
  return pointed && invocationPolicy(pointed.doc, named.qualifier)
}
