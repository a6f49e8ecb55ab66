import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const workerd: string = createRequire(createRequire(import.meta.url).resolve('miniflare'))('workerd').default

// `wrangler dev` allows experimental features and Cloudflare deploys no Worker that asks for one, so that nothing else
// would show before a deployment fails. Without --experimental, workerd judges as Cloudflare does.
test('the configuration asks for no features that Cloudflare does not deploy', async () => {
  const toml = await readFile(join(import.meta.dirname, '../wrangler.toml'), 'utf8')
  const [, date] = /^compatibility_date = "(.+)"$/m.exec(toml)!
  const [, flags] = /^compatibility_flags = \[(.+)\]$/m.exec(toml)!
  expect(complaints(await judged(date!, `${flags}, "experimental"`))).toHaveLength(1)
  expect(complaints(await judged(date!, flags!))).toEqual([])
})

const complaints = (output: string) => output.split('\n').filter(line => /experimental|No such/.test(line))

async function judged(date: string, flags: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-deployable-'))
  try {
    const configuration = join(directory, 'weir.capnp')
    await writeFile(
      configuration,
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "weir", worker = (
  modules = [(name = "empty.js", esModule = "export default {}")],
  compatibilityDate = "${date}", compatibilityFlags = [${flags}]
))]);
`,
    )
    const { stdout, stderr, error } = spawnSync(workerd, ['test', configuration], { encoding: 'utf8' })
    if (error) throw error
    return stdout + stderr
  } finally {
    await rm(directory, { recursive: true })
  }
}
