import { expect, it } from 'vitest'
import { noiseFilter } from '../../cli/known-noise.ts'

it('leaves out a whole message that is known to be noise, and nothing after it', () => {
  const shown = noiseFilter()
  const lines = [
    'one',
    '  indented, of one',
    '▲ [WARNING] Scheduled Workers are not automatically triggered during local development.',
    '',
    '  To manually trigger a scheduled event, run:',
    '',
    '✘ [ERROR] Build failed with 1 error:',
    '  src/worker.ts:1:2',
    '',
    '▲ [WARNING] something new',
  ]
  expect(lines.filter(shown)).toEqual([
    'one',
    '  indented, of one',
    '✘ [ERROR] Build failed with 1 error:',
    '  src/worker.ts:1:2',
    '',
    '▲ [WARNING] something new',
  ])
})
