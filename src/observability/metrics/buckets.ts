import { Accumulator, type Summary } from './summary.ts'

/** What was measured of one subject in one period, by the names of its cells: see `cellName`. */
export type Cells = Map<string, Accumulator>

/** By the begin of the period, epoch milliseconds. */
export type Buckets = Map<number, Cells>

export function cellsAt(buckets: Buckets, at: number): Cells {
  let cells = buckets.get(at)
  if (!cells) {
    cells = new Map()
    buckets.set(at, cells)
  }
  return cells
}

export function cellAt(cells: Cells, name: string): Accumulator {
  let cell = cells.get(name)
  if (!cell) {
    cell = new Accumulator()
    cells.set(name, cell)
  }
  return cell
}

type WrittenCell = [
  name: number,
  count: number,
  sum: number,
  min: number,
  max: number,
  values?: readonly number[] | 0,
  /** Each bin but the first as how far it is from the one before: that is half as long. */
  bins?: readonly number[],
]

/** Names stand once, however many buckets have them. */
interface Written {
  readonly names: readonly string[]
  readonly buckets: readonly [at: number, ...cells: WrittenCell[]][]
}

/** Buckets as text, as one or several of about `most` characters; one of many cells may be divided among several. */
export function writeBuckets(buckets: Buckets, most: number): string[] {
  const texts: string[] = []
  let names: string[] = []
  let parts: string[] = []
  let length = 0
  const end = () => {
    if (parts.length > 0) texts.push(`{"names":${JSON.stringify(names)},"buckets":[${parts.join(',')}]}`)
    names = []
    parts = []
    length = 0
  }
  for (const [at, cells] of buckets) {
    let written: string[] = []
    const endBucket = () => {
      if (written.length > 0) parts.push(`[${at},${written.join(',')}]`)
      written = []
    }
    for (const [name, cell] of cells) {
      let index = names.indexOf(name)
      if (index < 0) index = names.push(name) - 1
      const text = JSON.stringify(writtenCell(index, cell))
      written.push(text)
      length += text.length
      if (length < most) continue
      endBucket()
      end()
    }
    endBucket()
  }
  end()
  return texts
}

function writtenCell(index: number, cell: Accumulator): WrittenCell {
  const { count, sum, min, max, values, bins } = cell.summary()
  if (bins) return [index, count, sum, min, max, 0, asSteps(bins)]
  return values ? [index, count, sum, min, max, values] : [index, count, sum, min, max]
}

/** Passes each cell that {@link writeBuckets} wrote. */
export function readBuckets(text: string, visit: (at: number, name: string, summary: Summary) => void): void {
  const { names, buckets } = JSON.parse(text) as Written
  for (const [at, ...cells] of buckets) {
    for (const [name, count, sum, min, max, values, bins] of cells)
      visit(at, names[name]!, {
        count,
        sum,
        min,
        max,
        ...(values && { values }),
        ...(bins && { bins: fromSteps(bins) }),
      })
  }
}

const asSteps = (bins: readonly number[]): number[] =>
  bins.map((each, i) => (i % 2 === 0 && i > 0 ? each - bins[i - 2]! : each))

function fromSteps(steps: readonly number[]): number[] {
  const bins = [...steps]
  for (let i = 2; i < bins.length; i += 2) bins[i]! += bins[i - 2]!
  return bins
}
