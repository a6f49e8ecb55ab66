import type { CompiledPolicy } from '../identity/policies/compile-policy.ts'
import type { PointerCache } from '../pointers/pointer-cache.ts'
import { type FunctionPointer, functionPointerName } from './manifest.ts'
import { invocationPolicy } from './permit-invocation.ts'

const ARN = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([^:]+)(?::([^:]+))?$/

/** The resource policy of the function, version or alias that an ARN names; undefined if it has none. */
export async function functionPolicy(
  pointers: PointerCache<FunctionPointer>,
  { resource }: { readonly resource: string },
): Promise<CompiledPolicy | undefined> {
  const [, region, id, name, qualifier] = ARN.exec(resource) ?? []
  if (region === undefined || id === undefined || name === undefined) return undefined
  const pointed = await pointers.get(functionPointerName({ id, region }, name))
  return pointed && invocationPolicy(pointed.doc, qualifier)
}
