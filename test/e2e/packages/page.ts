// The table of docs/packages.md: `node test/e2e/packages/page.ts` writes it.
import { readFileSync, writeFileSync } from 'node:fs'
import { LOCK } from './install-packages.ts'
import type { Program } from './program.ts'
import { PROGRAMS } from './programs/all.ts'

export const PAGE = new URL('../../../docs/packages.md', import.meta.url).pathname

const BEGIN = '<!-- The rest is made by test/e2e/packages/page.ts. -->\n'

/** The page as it should be: what is written by hand, then the table. */
export function writePage(): string {
  const page = readFileSync(PAGE, 'utf8')
  const all = PROGRAMS.flatMap(([, programs]) => programs)
  const working = all.filter(({ fails }) => !fails)
  const share = Math.floor((working.length / all.length) * 100)
  return [
    page.slice(0, page.indexOf(BEGIN) + BEGIN.length),
    `\n${working.length} of ${all.length} packages work (${share} %).\n`,
    ...PROGRAMS.map(([theme, programs]) => `\n## ${theme}\n\n${table(programs)}`),
  ].join('')
}

const table = (programs: readonly Program[]): string =>
  `| package | version | what was done with it | |\n|---|---|---|---|\n${programs.map(row).join('')}`

function row({ package: name, exercised, fails, with: others = [] }: Program): string {
  const beside = others
    .filter(other => !exercised.includes(packageOf(other)))
    .map(other => `\`${packageOf(other)}\``)
  const what = beside.length > 0 ? `${exercised} (with ${beside.join(', ')})` : exercised
  const outcome = fails ? `does not work: ${fails.because}` : 'works'
  return `| \`${packageOf(name)}\` | ${LOCK.packages[`node_modules/${name}`]!.version} | ${what} | ${outcome} |\n`
}

/** What an alias stands for. */
const packageOf = (name: string): string => LOCK.packages[`node_modules/${name}`]?.name ?? name

if (import.meta.main) writeFileSync(PAGE, writePage())
