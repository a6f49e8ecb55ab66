import { wholePattern } from '../patterns/java-pattern.ts'
import type { Pattern } from '../patterns/pattern.ts'
import type { SnapshotIntegrationResponse } from '../snapshot.ts'
import { type ParameterValues, parseParameterValues } from './map-parameters.ts'
import { TemplateSet } from './select-template.ts'

/** An integration response, with everything in it that has to be parsed or compiled. */
export interface PreparedResponse {
  readonly status: number
  readonly pattern: Pick<Pattern, 'test'> | undefined
  /** Header names and where their values come from. */
  readonly headers: ReadonlyArray<readonly [name: string, values: ParameterValues]>
  /** Whether a header comes out of the body. */
  readonly readBody: boolean
  readonly templates: TemplateSet
  readonly contentHandling: SnapshotIntegrationResponse['contentHandling']
}

const HEADER_PREFIX = 'method.response.header.'

export function prepareResponse(response: SnapshotIntegrationResponse): PreparedResponse {
  const headers = Object.entries(response.parameters ?? {})
    .filter(([name]) => name.startsWith(HEADER_PREFIX))
    .map(([name, source]) => [name.slice(HEADER_PREFIX.length), parseParameterValues(source)] as const)
  return {
    status: Number(response.statusCode),
    pattern: response.selectionPattern ? compilePattern(response.selectionPattern) : undefined,
    headers,
    readBody: Object.values(response.parameters ?? {}).some(source =>
      source.startsWith('integration.response.body'),
    ),
    templates: new TemplateSet(response.templates),
    contentHandling: response.contentHandling,
  }
}

/**
 * The response whose pattern matches all of `outcome` (a status code, or a function's error message), else the one
 * without a pattern; undefined when the API's owner left no choice for it. Patterns are not asked where nothing came
 * out that they are for.
 */
export function selectResponse(
  responses: readonly PreparedResponse[],
  outcome: string | undefined,
): PreparedResponse | undefined {
  return (
    (outcome === undefined ? undefined : responses.find(response => response.pattern?.test(outcome))) ??
    responses.find(response => response.pattern === undefined)
  )
}

/** Patterns are Java's. One that is not valid matches nothing. */
function compilePattern(pattern: string): Pick<Pattern, 'test'> {
  try {
    return wholePattern(pattern)
  } catch {
    return /(?!)/
  }
}
