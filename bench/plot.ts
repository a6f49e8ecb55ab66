/** A curve, or a set of points, of a {@link plot}. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  readonly title: string
  readonly x: { readonly label: string; readonly log?: boolean }
  readonly y: { readonly label: string; readonly log?: boolean; readonly from?: number; readonly to?: number }
  readonly series: readonly Series[]
  /** A line that something is to stay under or above. */
  readonly limit?: { readonly at: number; readonly label: string }
}

const SIZE = { width: 720, height: 360 }
const AREA = { left: 70, right: 20, top: 46, bottom: 74 }
/** Readable on white and on black alike; the frame and the words follow the reader's colors. */
const COLORS = ['#3b82f6', '#e8710a', '#16a34a', '#d946ef', '#94a3b8']
const STYLE = `text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-size: 14px; font-weight: 600 }
  .frame { stroke: #888; fill: none } .grid { stroke: #8884 } .limit { stroke: #dc2626; stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } }`

/** An SVG document that shows the plot. */
export function plot({ title, x, y, series, limit }: Plot): string {
  const points = series.flatMap(({ points }) => points)
  const xs = scaleOf(
    points.map(point => point[0]),
    x,
    [AREA.left, SIZE.width - AREA.right],
  )
  const ys = scaleOf(
    [...points.map(point => point[1]), ...(limit ? [limit.at] : []), y.from, y.to].filter(
      value => value !== undefined,
    ),
    y,
    [SIZE.height - AREA.bottom, AREA.top],
  )
  const parts = [
    `<text class="title" x="${AREA.left}" y="20">${escaped(title)}</text>`,
    ...xs.ticks.map(
      at =>
        `<line class="grid" x1="${round(xs.at(at))}" x2="${round(xs.at(at))}" y1="${AREA.top}" y2="${SIZE.height - AREA.bottom}"/>` +
        `<text text-anchor="middle" x="${round(xs.at(at))}" y="${SIZE.height - AREA.bottom + 18}">${label(at)}</text>`,
    ),
    ...ys.ticks.map(
      at =>
        `<line class="grid" x1="${AREA.left}" x2="${SIZE.width - AREA.right}" y1="${round(ys.at(at))}" y2="${round(ys.at(at))}"/>` +
        `<text text-anchor="end" x="${AREA.left - 8}" y="${round(ys.at(at) + 4)}">${label(at)}</text>`,
    ),
    `<rect class="frame" x="${AREA.left}" y="${AREA.top}" width="${SIZE.width - AREA.left - AREA.right}" height="${SIZE.height - AREA.top - AREA.bottom}"/>`,
    `<text text-anchor="middle" x="${SIZE.width / 2}" y="${SIZE.height - AREA.bottom + 38}">${escaped(x.label)}</text>`,
    `<text x="${AREA.left}" y="${AREA.top - 8}">${escaped(y.label)}</text>`,
  ]
  if (limit)
    parts.push(
      `<line class="limit" x1="${AREA.left}" x2="${SIZE.width - AREA.right}" y1="${round(ys.at(limit.at))}" y2="${round(ys.at(limit.at))}"/>`,
      `<text text-anchor="end" x="${SIZE.width - AREA.right - 4}" y="${round(ys.at(limit.at) - 5)}">${escaped(limit.label)}</text>`,
    )
  let legend = AREA.left
  for (const [index, { name, points }] of series.entries()) {
    const color = COLORS[index % COLORS.length]
    const path = points.map(([px, py]) => `${round(xs.at(px))},${round(ys.at(py))}`).join(' ')
    parts.push(`<polyline fill="none" stroke="${color}" stroke-width="2" points="${path}"/>`)
    if (points.length <= 20)
      for (const [px, py] of points)
        parts.push(`<circle cx="${round(xs.at(px))}" cy="${round(ys.at(py))}" r="3" fill="${color}"/>`)
    const at = SIZE.height - 14
    parts.push(
      `<rect x="${legend}" y="${at - 9}" width="12" height="10" fill="${color}"/><text x="${legend + 17}" y="${at}">${escaped(name)}</text>`,
    )
    legend += 34 + name.length * 6.4
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
${parts.join('\n')}
</svg>
`
}

interface Scale {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

function scaleOf(
  values: readonly number[],
  { log = false }: { readonly log?: boolean },
  [from, to]: readonly [number, number],
): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  if (log) {
    const [low, high] = [Math.floor(Math.log10(least) + 1e-9), Math.ceil(Math.log10(most) - 1e-9)]
    const at = (value: number) => from + ((Math.log10(value) - low) / Math.max(1, high - low)) * (to - from)
    return {
      at,
      ticks: Array.from({ length: Math.max(1, high - low) + 1 }, (_, index) => 10 ** (low + index)),
    }
  }
  const step = niceStep((most - least) / 5 || 1)
  const [low, high] = [Math.floor(least / step) * step, Math.ceil(most / step) * step]
  const at = (value: number) => from + ((value - low) / (high - low || 1)) * (to - from)
  return {
    at,
    ticks: Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step),
  }
}

function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  return [1, 2, 5, 10].find(factor => factor * power >= step)! * power
}

const round = (value: number): number => Math.round(value * 10) / 10
const label = (value: number): string => Number(value.toPrecision(6)).toLocaleString('en-US')
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
