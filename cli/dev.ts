import { runCommand } from './command.ts'

// `npm run dev`: Weir on this machine, with nothing in it but what is in its data directory.
await runCommand('npm run dev', async ({ weir, out, seconds }) => {
  out.progress(undefined)
  const address = out.style('bold', weir.address)
  out.line(`${out.style('green', '✓')} Weir is ready at ${address} (${seconds()} s). Ctrl+C ends it.`)
})
