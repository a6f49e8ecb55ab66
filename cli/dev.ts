import { runCommand } from './command.ts'

// `npm run dev`: Weir on this machine, with nothing in it but what is in its data directory.
await runCommand('npm run dev', async (weir, out, started) => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  out.progress(undefined)
  out.line(
    `${out.style('green', '✓')} Weir is ready at ${out.style('bold', weir.address)} (${seconds} s). Ctrl+C ends it.`,
  )
})
