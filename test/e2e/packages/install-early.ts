import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { installPackages } from './install-packages.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers once the packages under test are installed, or with why they are not. */
    packages: string
  }
}

/** Where everything is tested, npm fetches the packages while other tests run; elsewhere once they are asked for. */
export default async function setup(project: TestProject): Promise<() => void> {
  let installing = process.env.CI ? installPackages() : undefined
  installing?.catch(() => {})
  const server = createServer((_, response) => {
    installing ??= installPackages()
    installing.then(
      () => response.end(),
      (error: Error) => response.writeHead(500).end(error.message),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  project.provide('packages', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return () => server.close()
}
