import type { JsonObject } from '../lib/json-object.ts'
import type {
  ComparedMetric,
  ComparisonSettings,
  MirrorSettings,
  ReleaseOptions,
  StickyKey,
} from './release.ts'
import { flag, InvalidAppSpec, numberIn, objectIn, onlyThese, textIn } from './spec-values.ts'

/** The section `Weir` of an AppSpec. `comparison`: false where it says that there is to be none. */
export interface WrittenOptions extends ReleaseOptions {
  readonly comparison?: ComparisonSettings | false
}

export const DEFAULT_COMPARISON: ComparisonSettings = { falseAlarmRate: 0.01, metrics: ['errors', 'latency'] }

const METRICS: Readonly<Record<string, ComparedMetric>> = { Errors: 'errors', Latency: 'latency' }
const MOST_KEYS = 5
const MOST_ISOLATES = 100
/** Minutes: two days, as long as a shift may take. */
const LONGEST_MIRROR = 2_880

export function readReleaseOptions(value: unknown): WrittenOptions {
  if (value === undefined || value === null) return { firingAlarms: 'stop' }
  const section = objectIn(value, 'Weir')
  onlyThese(section, ['Comparison', 'Sticky', 'Mirror', 'Prewarm', 'FiringAlarms'], 'Weir')
  const { Comparison, Sticky, Mirror, Prewarm, FiringAlarms = 'Stop' } = section
  if (FiringAlarms !== 'Stop' && FiringAlarms !== 'Compare') {
    throw new InvalidAppSpec('Weir.FiringAlarms must be Stop or Compare')
  }
  return {
    firingAlarms: FiringAlarms === 'Compare' ? 'compare' : 'stop',
    ...(Comparison !== undefined && { comparison: comparisonOf(objectIn(Comparison, 'Weir.Comparison')) }),
    ...(Sticky !== undefined && { sticky: stickyOf(Sticky) }),
    ...(Mirror !== undefined && { mirror: mirrorOf(objectIn(Mirror, 'Weir.Mirror')) }),
    ...(Prewarm !== undefined && { prewarm: wholeNumber(Prewarm, 'Weir.Prewarm', MOST_ISOLATES) }),
  }
}

function comparisonOf(written: JsonObject): ComparisonSettings | false {
  onlyThese(written, ['Enabled', 'FalseAlarmRate', 'Metrics'], 'Weir.Comparison')
  const { Enabled = true, FalseAlarmRate, Metrics } = written
  if (!flag(Enabled, 'Weir.Comparison.Enabled')) return false
  return {
    falseAlarmRate:
      FalseAlarmRate === undefined
        ? DEFAULT_COMPARISON.falseAlarmRate
        : numberIn(FalseAlarmRate, 'Weir.Comparison.FalseAlarmRate', 0.0001, 0.2),
    metrics: Metrics === undefined ? DEFAULT_COMPARISON.metrics : metricsOf(Metrics),
  }
}

function metricsOf(value: unknown): ComparedMetric[] {
  const place = `Weir.Comparison.Metrics must be a list of ${Object.keys(METRICS).join(' and ')}`
  if (!Array.isArray(value) || value.length === 0) throw new InvalidAppSpec(place)
  const metrics = value.map(name => {
    if (typeof name !== 'string' || !Object.hasOwn(METRICS, name)) throw new InvalidAppSpec(place)
    return METRICS[name]!
  })
  return [...new Set(metrics)]
}

function stickyOf(value: unknown): StickyKey[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_KEYS) {
    throw new InvalidAppSpec(`Weir.Sticky must be a list of one to ${MOST_KEYS} keys`)
  }
  return value.map((each, index) => {
    const place = `Weir.Sticky[${index}]`
    const key = objectIn(each, place)
    onlyThese(key, ['Header', 'Cookie', 'Identity'], place)
    if (Object.keys(key).length !== 1) throw new InvalidAppSpec(`${place} must have one member`)
    if (key.Header !== undefined) return { by: 'header', name: textIn(key, 'Header', place).toLowerCase() }
    if (key.Cookie !== undefined) return { by: 'cookie', name: textIn(key, 'Cookie', place) }
    if (!flag(key.Identity, `${place}.Identity`)) throw new InvalidAppSpec(`${place}.Identity must be true`)
    return { by: 'identity' }
  })
}

function mirrorOf(written: JsonObject): MirrorSettings {
  onlyThese(written, ['Percent', 'Minutes'], 'Weir.Mirror')
  const { Percent = 100, Minutes } = written
  return {
    share: numberIn(Percent, 'Weir.Mirror.Percent', 0.1, 100) / 100,
    minutes: wholeNumber(Minutes, 'Weir.Mirror.Minutes', LONGEST_MIRROR),
  }
}

function wholeNumber(value: unknown, place: string, most: number): number {
  const number = numberIn(value, place, 1, most)
  if (!Number.isInteger(number)) throw new InvalidAppSpec(`${place} must be a whole number`)
  return number
}
