/**
 * Draws the pictures in the README. For docs/terminal.svg it starts Weir with the example, pastes what it prints, and shows
 * what came back, word for word; docs/canary.svg has what `npm run canary` shows last. Run with
 * `node scripts/draw-terminal.ts`; needs curl, the AWS CLI and the default port.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

const COLORS = {
  typed: '#e6edf3',
  bold: '#ffffff',
  answer: '#9da7b3',
  green: '#56d364',
  prompt: '#6cb6ff',
  cyan: '#39c5cf',
  red: '#ff7b72',
  dim: '#484f58',
}
type Color = keyof typeof COLORS
type Span = readonly [text: string, color: Color]
type Line = ReadonlyArray<Span>

const CHARACTER = { width: 7.2, height: 18, size: 12 }
const MARGIN = { x: 20, top: 52, bottom: 18 }

/** Titles of the commands to show, in the order in which they are typed. */
const SHOWN = ['Call it with its key', 'Give version 2', 'See which version']

interface Picture {
  readonly title: string
  readonly lines: readonly Line[]
}

async function record(): Promise<Readonly<Record<'terminal' | 'canary', Picture>>> {
  const data = mkdtempSync(join(tmpdir(), 'weir-'))
  const server = spawn(process.execPath, [join(ROOT, 'cli/start.ts'), '--persist-to', data], { cwd: ROOT })
  try {
    const output = await new Promise<string>((resolve, reject) => {
      let text = ''
      server.stdout.on('data', chunk => {
        text += chunk
        if (text.includes('Ctrl+C ends it')) resolve(text)
      })
      server.stderr.pipe(process.stderr)
      server.once('exit', code => reject(new Error(`npm start ended with ${code}`)))
    })
    const blocks = output.split('\n\n')
    const ready = blocks[0]!.split('\n').find(line => line.startsWith('✓'))!
    const started: Line[] = [
      typed('npm start'),
      [
        [ready.slice(0, 1), 'green'],
        [ready.slice(1), 'bold'],
      ],
      ...answered(blocks[1]!),
      ...SHOWN.flatMap(title => {
        const lines = blocks
          .find(text => text.startsWith(title))!
          .split('\n')
          .slice(1)
          .map(line => line.slice(2))
        const { stdout, stderr } = spawnSync('sh', ['-c', lines.join('\n')], { encoding: 'utf8' })
        if (stderr) throw new Error(stderr)
        const [first = '', ...more] = lines
        return [
          [],
          typed(first),
          ...more.map((line): Line => [[line, 'typed']]),
          ...answered(stdout.trimEnd()),
        ]
      }),
    ]
    return {
      terminal: {
        title:
          'npm start deploys the example; curl calls it; the AWS CLI gives version 2 five percent of the traffic',
        lines: started,
      },
      canary: { title: 'npm run canary ships a bad version, which is rolled back', lines: recordCanary() },
    }
  } finally {
    server.removeAllListeners('exit')
    server.kill('SIGTERM')
    await new Promise(resolve => server.once('exit', resolve))
    rmSync(data, { recursive: true, force: true })
  }
}

/** What is drawn in place in a terminal stands below each other in a file: of that, the last. */
function recordCanary(): Line[] {
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'cli/canary.ts')], {
    encoding: 'utf8',
  })
  if (stderr) throw new Error(stderr)
  const lines = stdout.trimEnd().split('\n')
  const end = lines.findIndex(line => line.startsWith('✗'))
  const frame = lines.slice(end - DRAWN_LINES - 1, end - 1)
  const [verdict = '', ...why] = lines.slice(end)
  // The longest sentence in two lines.
  const [, first = '', rest = ''] = /^✗(.+?: )(.+)$/.exec(verdict) ?? []
  return [
    typed('npm run canary'),
    ...answered(lines[0]!),
    [],
    ...frame.map(drawn),
    [],
    [
      ['✗', 'red'],
      [first, 'bold'],
    ],
    ...[`  ${rest}`, ...why].flatMap(answered),
  ]
}

/** Of a release: the shift, and both versions. */
const DRAWN_LINES = 3

/** A line with a bar. */
const drawn = (line: string): Line =>
  line
    .split(/(█+|[░·]+)/)
    .map(
      (part): Span => [
        part,
        part.startsWith('█')
          ? line.includes('shift')
            ? 'cyan'
            : 'red'
          : /^[░·]/.test(part)
            ? 'dim'
            : 'answer',
      ],
    )

const typed = (command: string): Line => [
  ['$ ', 'prompt'],
  [command, 'typed'],
]
const answered = (text: string): Line[] => text.split('\n').map((line): Line => [[line, 'answer']])

function svg({ title, lines }: Picture): string {
  const columns = Math.max(...lines.map(line => line.reduce((sum, [text]) => sum + text.length, 0)))
  const width = Math.ceil(columns * CHARACTER.width) + 2 * MARGIN.x
  const height = lines.length * CHARACTER.height + MARGIN.top + MARGIN.bottom
  const rows = lines.map((line, row) => {
    let column = 0
    return line
      .map(([text, color]) => {
        const shown = text.trimStart()
        const x = (MARGIN.x + (column + text.length - shown.length) * CHARACTER.width).toFixed(1)
        const y = MARGIN.top + row * CHARACTER.height
        column += text.length
        // The length keeps columns aligned whichever font is there.
        const length = (shown.length * CHARACTER.width).toFixed(1)
        return shown
          ? `<text x="${x}" y="${y}" fill="${COLORS[color]}" textLength="${length}" xml:space="preserve">${escaped(shown)}</text>`
          : ''
      })
      .join('')
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, i) => `<circle cx="${24 + 20 * i}" cy="22" r="6" fill="${fill}"/>`,
    ),
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${CHARACTER.size}">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

for (const [name, picture] of Object.entries(await record())) {
  writeFileSync(join(ROOT, `docs/${name}.svg`), svg(picture))
}
