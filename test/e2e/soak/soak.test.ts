import { expect, test } from 'vitest'
import { startWeir } from '../server.ts'
import { runSoak } from './run-soak.ts'

/** `npm run soak` does the same for minutes. */
const MS = Number(process.env.SOAK_SECONDS ?? 20) * 1000

test('functions that behave badly in every way, deployed anew while they are called, harm nobody but themselves', {
  timeout: MS + 120_000,
}, async () => {
  const seed = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`SOAK_SEED=${seed}`)
  await using weir = await startWeir()
  const report = await runSoak({
    url: weir.url,
    seed,
    ms: MS,
    callers: 8,
    progress: ({ calls, deployments, repeated, wrong }) =>
      console.log(
        `${Object.values(calls).reduce((sum, each) => sum + each, 0)} calls, ${deployments} deployments, ${repeated} repeated, ${wrong.length} wrong`,
      ),
  })
  expect(report.wrong).toEqual([])
  expect(Object.keys(report.calls).length).toBeGreaterThan(10)
  expect(weir.output()).not.toMatch(/uncaught|failed unexpectedly|was not made|unhandled/i)
})
