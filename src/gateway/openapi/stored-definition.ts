import { sha256Hex } from '../../lib/hash.ts'
import type { RestApiDefinition } from './definition.ts'

/**
 * What an API said of itself when it was deployed. It lies beside the snapshot and not in it: exports and SDKs need
 * all of it, the data plane nothing.
 */
export async function serializeDefinition(
  definition: RestApiDefinition,
): Promise<{ key: string; text: string }> {
  const text = JSON.stringify({ schema: 1, definition } satisfies StoredDefinition)
  return { key: `definitions/${await sha256Hex(text)}.json`, text }
}

/** As it lies in the store. */
export interface StoredDefinition {
  readonly schema: 1
  readonly definition: RestApiDefinition
}
