import { setTimeout as delay } from 'node:timers/promises'
import { runCommand } from './command.ts'
import { introduceExample } from './introduce-example.ts'

const REGION = 'us-east-1'

// The SDK takes most of a second to load: done while the server starts, and after that was started.
const example = delay(100).then(() => import('../examples/pets-api/deploy.ts'))

// `npm start`: Weir on this machine with the example in it, deployed as any user would.
await runCommand('npm start', async ({ weir, flags, out, seconds }) => {
  out.progress('Deploying the example')
  const { deploy } = await example
  const { credentials } = flags
  const deployed = await deploy({ endpoint: weir.address, region: REGION, credentials })
  out.progress(undefined)
  out.line(
    `${out.style('green', '✓')} Weir is ready at ${out.style('bold', weir.address)} (${seconds()} s).\n`,
  )
  out.line(
    introduceExample({ address: weir.address, region: REGION, credentials, deployed, style: out.style }),
  )
  out.line(`\nCtrl+C ends it.`)
})
