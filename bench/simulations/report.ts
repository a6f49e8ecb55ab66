import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plot, plot } from '../plot.ts'

const PLOTS = join(import.meta.dirname, '../../docs/design/plots')

export type Row = Readonly<Record<string, string | number>>

export function table(title: string, rows: readonly Row[]): void {
  const names = Object.keys(rows[0]!)
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const body = rows.map(row => line(names.map(name => row[name]!)))
  console.log([`\n${title}\n`, line(names), line(names.map(() => '---')), ...body].join('\n'))
}

export function draw(name: string, drawing: Plot): void {
  mkdirSync(PLOTS, { recursive: true })
  writeFileSync(join(PLOTS, `${name}.svg`), plot(drawing))
}

export const count = (value: number): string => Math.round(value).toLocaleString('en-US')
export const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

export function quantiles(values: readonly number[], ...at: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  return at.map(share => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}
