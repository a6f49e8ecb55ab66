import { binaryBodies, emptyBodies, errors, headers, repeatedQueries, unicode } from './recorded-bodies.ts'
import type { RecordedCase } from './recorded-case.ts'
import { compressed } from './recorded-compression.ts'
import { encodedPaths, greedyPaths, headAndOptions, slashes, stageVariables } from './recorded-paths.ts'

export const CASES: RecordedCase[] = [
  ...encodedPaths,
  ...slashes,
  ...greedyPaths,
  ...headAndOptions,
  ...stageVariables,
  ...emptyBodies,
  ...binaryBodies,
  ...unicode,
  ...repeatedQueries,
  ...headers,
  ...errors,
  ...compressed,
]
