import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const HERE = import.meta.dirname

/** Where the packages under test are, as npm put them there. */
export const INSTALLED = `${HERE}/node_modules`

/** The machine that functions are for, whichever this one is: some packages have a part for each. */
const LAMBDA = ['--os=linux', '--cpu=x64', '--libc=glibc']

interface LockedPackage {
  name?: string
  version: string
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
  link?: boolean
}

interface Lock {
  packages: Record<string, LockedPackage>
}

const readLock = (path: string): Lock => JSON.parse(readFileSync(path, 'utf8')) as Lock

export const LOCK: Lock = readLock(`${HERE}/package-lock.json`)

/**
 * Installs the packages once, half a gigabyte that no other test needs. Scripts of packages do not run: what needs
 * one is native code.
 */
export async function installPackages(): Promise<void> {
  if (isInstalled()) return
  console.log(
    'Installing the packages under test into test/e2e/packages/node_modules, which takes a minute ...',
  )
  try {
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...LAMBDA], {
      cwd: HERE,
    })
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new Error(
      'The packages under test could not be installed. They come from the npm registry, so this test needs to ' +
        `reach it once.\n${stderr ?? String(error)}`,
    )
  }
}

/** npm notes what it has installed in a lock of its own. */
function isInstalled(): boolean {
  const noted = `${INSTALLED}/.package-lock.json`
  if (!existsSync(noted)) return false
  const { packages } = readLock(noted)
  const asked = Object.keys(LOCK.packages['']!.dependencies!)
  if (asked.some(name => !packages[`node_modules/${name}`])) return false
  return Object.entries(packages).every(([path, { version }]) => LOCK.packages[path]?.version === version)
}
