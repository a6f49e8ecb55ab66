/**
 * Runs metering with thousands of isolates all over a simulated world, prints what came of it as tables, and draws
 * the plots of docs/design/metering.md. `npm run simulate`; everything is seeded, so it says the same every time.
 */
import { latencies } from './simulations/latencies.ts'
import { threeLevels } from './simulations/levels.ts'
import { admittedShares, exhausted, manyIsolates } from './simulations/loads.ts'
import { faults, partition, revocation } from './simulations/misfortunes.ts'
import { count } from './simulations/report.ts'

const started = process.cpuUsage()
for (const part of [
  manyIsolates,
  admittedShares,
  latencies,
  partition,
  exhausted,
  faults,
  threeLevels,
  revocation,
])
  await part()
console.log(`\n${count(process.cpuUsage(started).user / 1e6)} s of processor time`)
