import type { Dimension } from '@aws-sdk/client-cloudwatch'
import { setField } from '../../lib/fields.ts'

/** By name. */
export function dimensionsOf(list: readonly Dimension[] = []): Record<string, string> {
  const dimensions: Record<string, string> = {}
  for (const { Name, Value } of list) setField(dimensions, Name!, Value!)
  return dimensions
}

export const dimensionList = (dimensions: Readonly<Record<string, string>>): Dimension[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
