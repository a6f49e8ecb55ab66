import { isJsonObject, type JsonObject } from '../../../lib/json-object.ts'
import type { MetricSample, MetricValues } from '../../metrics/metric-sample.ts'
import { jsonObjectIn } from '../patterns/json-message.ts'

/**
 * Limits of the format:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const MOST_METRICS = 100
/** Not in the format: a line is a megabyte, and each of them a sample of its own. */
const MOST_DIRECTIVES = 100
const MOST_VALUES = 100
const MOST_DIMENSIONS = 30
const MOST_DIMENSION_SETS = 100

/**
 * Metrics that are embedded in a line: JSON whose member `_aws` says which of the other members are metrics and
 * dimensions. What is not as the format says is left out, as CloudWatch does; the line stays a line in any case.
 * Functions may have written some words in front of it.
 */
export function embeddedSamples(message: string): MetricSample[] {
  if (!message.includes('"_aws"')) return []
  const root = jsonObjectIn(message) as JsonObject | undefined
  const metadata = root?._aws
  if (!root || !isJsonObject(metadata) || !isNumber(metadata.Timestamp)) return []
  const at = metadata.Timestamp
  return listOf(metadata.CloudWatchMetrics)
    .slice(0, MOST_DIRECTIVES)
    .flatMap(directive => samplesOf(root, directive, at))
}

/** Metrics of one directive: those kept by the second are a sample of their own. */
function samplesOf(root: JsonObject, directive: unknown, at: number): MetricSample[] {
  if (!isJsonObject(directive)) return []
  const { Namespace: namespace } = directive
  const dimensionSets = dimensionSetsOf(root, directive.Dimensions)
  if (!isName(namespace) || dimensionSets.length === 0) return []
  // Lines may say what strangers have sent: what the platform measures itself is not theirs to say.
  if (namespace.startsWith('AWS/')) return []
  const labels = Object.fromEntries(dimensionSets.flat().map(name => [name, root[name] as string]))
  const definitions = listOf(directive.Metrics).slice(0, MOST_METRICS).filter(isJsonObject)
  return [false, true].flatMap(highResolution => {
    const values = valuesOf(
      root,
      definitions.filter(({ StorageResolution }) => (StorageResolution === 1) === highResolution),
    )
    if (Object.keys(values).length === 0) return []
    return [{ namespace, labels, dimensionSets, at, values, ...(highResolution && { highResolution }) }]
  })
}

/** Sets whose names all lead to texts. A directive without dimensions has the empty set. */
function dimensionSetsOf(root: JsonObject, given: unknown): string[][] {
  const sets = listOf(given)
  if (sets.length === 0) return [[]]
  return sets
    .slice(0, MOST_DIMENSION_SETS)
    .filter((set): set is string[] => Array.isArray(set) && set.length <= MOST_DIMENSIONS)
    .filter(set => set.every(name => typeof name === 'string' && isName(root[name])))
}

/** Of a namespace, a metric or the value of a dimension. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 1024

function valuesOf(root: JsonObject, definitions: readonly JsonObject[]): Record<string, MetricValues> {
  const found: Record<string, MetricValues> = {}
  for (const { Name, Unit } of definitions) {
    if (!isName(Name)) continue
    const target = root[Name]
    const values = (Array.isArray(target) ? target.slice(0, MOST_VALUES) : [target]).filter(isNumber)
    if (values.length > 0) found[Name] = { ...(typeof Unit === 'string' && { unit: Unit }), values }
  }
  return found
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
