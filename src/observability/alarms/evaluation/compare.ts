import type { MetricAlarmDefinition } from '../alarm.ts'

interface Comparison {
  readonly breaches: (value: number, threshold: number) => boolean
  readonly words: string
}

/** Operators that compare with a threshold; the others compare with a band of a model of anomalies. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  GreaterThanThreshold: { breaches: (value, threshold) => value > threshold, words: 'greater than' },
  GreaterThanOrEqualToThreshold: {
    breaches: (value, threshold) => value >= threshold,
    words: 'greater than or equal to',
  },
  LessThanThreshold: { breaches: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: {
    breaches: (value, threshold) => value <= threshold,
    words: 'less than or equal to',
  },
}

export const comparesWithThreshold = (operator: string): boolean => Object.hasOwn(COMPARISONS, operator)

export const comparisonOf = ({
  ComparisonOperator,
}: Pick<MetricAlarmDefinition, 'ComparisonOperator'>): Comparison => COMPARISONS[ComparisonOperator]!
