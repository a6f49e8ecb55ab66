import type { SeriesPoint, SeriesQuery } from '../metric-series.ts'
import { expressionOf, refused } from './expression-of.ts'
import { ELSEWHERE, FUNCTIONS, type MathArgument } from './functions.ts'
import {
  array,
  eachNumber,
  type MathValue,
  scalar,
  series,
  type TimeSeries,
  together,
  valuesByTime,
  withPoints,
} from './math-value.ts'
import { type DataQuery, type DataSeries, type DataWindow, MathRefusal } from './metric-data.ts'
import type { Expression, Operator } from './parse-expression.ts'
import { searchCall } from './search-calls.ts'

/** What the metrics among the queries have to be read for, in their order. */
export const readsOf = (
  queries: readonly DataQuery[],
  { from, to }: Pick<DataWindow, 'from' | 'to'>,
): { readonly id: string; readonly query: SeriesQuery }[] =>
  queries.flatMap(({ id, metric }) => {
    if (!metric) return []
    const { series: named, periodMs, statistic, unit } = metric
    return [{ id, query: { ...named, from, to, periodMs, statistic, ...(unit && { unit }) } }]
  })

/** Series by the key of a call of SEARCH: see `searchesOf`. */
export type FoundSeries = (key: string) => readonly TimeSeries[] | undefined

/**
 * The series of all queries whose data is wanted, in their order; several of a query whose expression is an array.
 *
 * @param points of the queries that are metrics, by their ids: see {@link readsOf}
 * @param found what calls of SEARCH found; without it they are refused
 * @throws {@link MathRefusal}
 */
export function evaluateMetricData(
  queries: readonly DataQuery[],
  points: ReadonlyMap<string, readonly SeriesPoint[]>,
  window: DataWindow,
  found?: FoundSeries,
): DataSeries[] {
  const evaluation = new Evaluation(queries, points, window, found)
  return queries
    .filter(({ returnData }) => returnData)
    .flatMap(query => {
      const value = evaluation.of(query)
      const { id, label } = query
      switch (value.kind) {
        case 'series':
          return [{ ...value.series, id, label: label ?? (query.metric ? value.series.label : id) }]
        case 'array':
          return value.items.map(item => ({
            ...item,
            id,
            label: label === undefined ? item.label : `${label} ${item.label}`,
          }))
        default:
          throw refused(query, 'The result of an expression must be a time series or an array of them')
      }
    })
}

/**
 * Whether expressions can be read, and know only queries and functions that there are.
 *
 * @param found see {@link evaluateMetricData}
 * @throws {@link MathRefusal}
 */
export function checkMetricData(queries: readonly DataQuery[], found?: FoundSeries): void {
  if (new Set(queries.map(({ id }) => id)).size < queries.length)
    throw new MathRefusal('The ids of queries must be unique')
  const window = { from: 0, to: 0, secondMs: 1000 }
  // What is wrong with them is told by evaluating them with nothing.
  const evaluation = new Evaluation(queries, new Map(), window, found)
  for (const query of queries) evaluation.of(query)
  evaluateMetricData(queries, new Map(), window, found)
}

type Operation = Extract<Expression, { readonly kind: 'operation' }>

const OPERATIONS: Readonly<Record<Operator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
}

/** Points of an expression's series, at most: an isolate has 128 MB. */
const MOST_TIMES = 200_000

/**
 * Points and series that all operations of a request have to do with, counted as often as they do: a few hundred bytes
 * of queries that each double the one before would stand for more than there is memory.
 */
const MOST_WORK = 4_000_000

/** Of operations within each other, those of the queries that they name included: each costs stack. */
const DEEPEST = 600

class Evaluation {
  readonly #byId: ReadonlyMap<string, DataQuery>
  readonly #points: ReadonlyMap<string, readonly SeriesPoint[]>
  readonly #window: DataWindow
  readonly #found: FoundSeries | undefined
  readonly #values = new Map<string, MathValue>()
  readonly #underWay = new Set<string>()
  #work = 0
  #depth = 0

  constructor(
    queries: readonly DataQuery[],
    points: ReadonlyMap<string, readonly SeriesPoint[]>,
    window: DataWindow,
    found: FoundSeries | undefined,
  ) {
    this.#byId = new Map(queries.map(query => [query.id, query]))
    this.#points = points
    this.#window = window
    this.#found = found
  }

  of(query: DataQuery): MathValue {
    const { id } = query
    const known = this.#values.get(id)
    if (known) return known
    if (this.#underWay.has(id)) throw refused(query, 'The expression refers to itself')
    this.#underWay.add(id)
    const value = query.metric ? series(this.#metric(query, query.metric)) : this.#expression(query)
    this.#underWay.delete(id)
    this.#values.set(id, value)
    return value
  }

  #metric(
    { id, label }: DataQuery,
    { series: named, periodMs }: NonNullable<DataQuery['metric']>,
  ): TimeSeries {
    return { label: label ?? named.metric, periodMs, points: this.#points.get(id) ?? [] }
  }

  #expression(query: DataQuery): MathValue {
    const expression = expressionOf(query)
    try {
      return this.#value(expression, query)
    } catch (error) {
      if (!(error instanceof MathRefusal) || error.message.startsWith('Error in expression')) throw error
      throw refused(query, error.message)
    }
  }

  #value(expression: Expression, query: DataQuery): MathValue {
    if (++this.#depth > DEEPEST) throw new MathRefusal('The expressions are nested too deeply')
    const value = this.#charged(this.#worth(expression, query))
    this.#depth -= 1
    return value
  }

  #charged(value: MathValue): MathValue {
    this.#work += sizeOf(value)
    if (this.#work > MOST_WORK) throw new MathRefusal('The expressions have to do with too many data points')
    return value
  }

  #worth(expression: Expression, query: DataQuery): MathValue {
    switch (expression.kind) {
      case 'number':
        return scalar(expression.value)
      case 'text':
        throw new MathRefusal(`'${expression.value}' is a text`)
      case 'name': {
        const other = this.#byId.get(expression.name)
        if (!other) throw new MathRefusal(`Undefined variable '${expression.name}'`)
        return this.of(other)
      }
      case 'array':
        return array(expression.items.flatMap(item => this.#itemsOf(this.#value(item, query))))
      case 'negative':
        return eachNumber(this.#value(expression.of, query), number => -number)
      case 'operation':
        return this.#operation(expression, query)
      case 'call':
        return this.#call(expression.name, expression.args, query)
    }
  }

  /** From left to right, as they are written: a sum of hundreds is not hundreds of sums within each other. */
  #operation(last: Operation, query: DataQuery): MathValue {
    const operations = [last]
    for (let { left } = last; left.kind === 'operation'; left = left.left) operations.push(left)
    return operations.reduceRight<MathValue>(
      (value, { operator, right }) =>
        this.#charged(together(value, this.#value(right, query), OPERATIONS[operator])),
      this.#value(operations.at(-1)!.left, query),
    )
  }

  #itemsOf(value: MathValue): readonly TimeSeries[] {
    if (value.kind === 'array') return value.items
    if (value.kind === 'series') return [value.series]
    throw new MathRefusal('An array is made of time series')
  }

  #call(name: string, args: readonly Expression[], query: DataQuery): MathValue {
    switch (name) {
      case 'METRICS':
        return this.#metrics(args)
      case 'IF':
        return this.#if(args, query)
      case 'SEARCH': {
        const found = this.#found?.(searchCall(args, query, this.#window.secondMs).key)
        if (!found) throw new MathRefusal('SEARCH is not supported here')
        return array(found)
      }
    }
    if (ELSEWHERE.has(name)) throw new MathRefusal(`Weir does not support ${name}`)
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
    if (!known) throw new MathRefusal(`Unknown function '${name}'`)
    return known({
      name,
      args: args.map(arg => this.#argument(arg, query)),
      window: this.#window,
      times: periodMs => this.#times(periodMs),
      periodMs: this.#periodOf(query),
    })
  }

  #argument(expression: Expression, query: DataQuery): MathArgument {
    return expression.kind === 'name' && !this.#byId.has(expression.name)
      ? wordOf(expression.name)
      : this.#value(expression, query)
  }

  /** `METRICS()`: all metrics of the request; `METRICS("errors")`: those in whose id that is. */
  #metrics(args: readonly Expression[]): MathValue {
    const [part] = args
    if (args.length > 1 || (part && part.kind !== 'text')) throw new MathRefusal('METRICS takes a text')
    const among = part ? part.value : ''
    const metrics = [...this.#byId.values()].filter(({ metric, id }) => metric && id.includes(among))
    return array(metrics.map(query => this.#metric(query, query.metric!)))
  }

  #if(args: readonly Expression[], query: DataQuery): MathValue {
    if (args.length < 2 || args.length > 3)
      throw new MathRefusal('IF takes a condition and one or two values')
    const [condition, whenTrue, whenFalse] = args.map(arg => this.#value(arg, query))
    if (condition!.kind === 'scalar') return (condition!.value !== 0 ? whenTrue : whenFalse) ?? array([])
    if (condition!.kind === 'array') throw new MathRefusal('The condition of IF is a time series or a number')
    const chosen = condition!.series
    const yes = valueAt(whenTrue!)
    const no = whenFalse ? valueAt(whenFalse) : () => undefined
    const points = chosen.points.flatMap(({ at, value }) => {
      const result = value !== 0 ? yes(at) : no(at)
      return result === undefined ? [] : [{ at, value: result }]
    })
    return series(withPoints(chosen, points))
  }

  /** Begins of the periods of the window. */
  #times(periodMs: number): number[] {
    const { from, to } = this.#window
    const count = Math.ceil((to - from) / periodMs)
    if (count > MOST_TIMES) throw new MathRefusal('There are too many periods')
    return Array.from({ length: count }, (_, i) => from + i * periodMs)
  }

  /** Of an expression without metrics of its own: that of the query, or the longest of the others. */
  #periodOf({ periodMs }: DataQuery): number {
    if (periodMs !== undefined) return periodMs
    const all = [...this.#byId.values()].flatMap(({ metric }) => (metric ? [metric.periodMs] : []))
    return all.length > 0 ? Math.max(...all) : 60 * this.#window.secondMs
  }
}

/** Series, and all of their points. */
const sizeOf = (value: MathValue): number => {
  if (value.kind === 'scalar') return 1
  const items = value.kind === 'series' ? [value.series] : value.items
  return items.reduce((sum, { points }) => sum + 1 + points.length, 0)
}

const WORDS = new Set(['REPEAT', 'LINEAR', 'ASC', 'DESC', 'AVG', 'MIN', 'MAX', 'SUM'])

function wordOf(name: string): MathArgument {
  if (!WORDS.has(name)) throw new MathRefusal(`Undefined variable '${name}'`)
  return { kind: 'word', word: name }
}

function valueAt(value: MathValue): (at: number) => number | undefined {
  if (value.kind === 'scalar') return () => value.value
  if (value.kind === 'array') throw new MathRefusal('The values of IF are time series or numbers')
  const values = valuesByTime(value.series)
  return at => values.get(at)
}
