import type { Release } from '../../examples/pets-api/release.ts'
import type { Terminal } from '../terminal.ts'
import type { Served } from './traffic.ts'

/** What is seen of a release at one moment. */
export interface Moment {
  /** Share of the alias's calls that the new version answers, 0 to 1. */
  readonly share: number
  readonly served: ReadonlyMap<string, Served>
}

const WIDTH = 40

/** The shift as a bar, and below it how both versions do: three lines of equal meaning, whatever the width. */
export function drawRelease(
  { from, to }: Release,
  { share, served }: Moment,
  style: Terminal['style'],
): string[] {
  const filled = Math.round(share * WIDTH)
  const bar = style('cyan', '█'.repeat(filled)) + style('dim', '░'.repeat(WIDTH - filled))
  return [
    `  shift      ${bar} ${percent(share).padStart(6)} to version ${to}`,
    ...[from, to].map(version => drawVersion(version, served.get(version), style)),
  ]
}

function drawVersion(version: string, served: Served | undefined, style: Terminal['style']): string {
  const { calls = 0, failed = 0 } = served ?? {}
  const rate = calls === 0 ? 0 : failed / calls
  const filled = failed === 0 ? 0 : Math.max(1, Math.round(rate * WIDTH))
  const bar = style('red', '█'.repeat(filled)) + style('dim', '·'.repeat(WIDTH - filled))
  const counts = `${failed.toLocaleString('en')} of ${calls.toLocaleString('en')} calls failed`
  return `  version ${version.padEnd(3)}${bar} ${percent(rate).padStart(6)}  ${counts}`
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
