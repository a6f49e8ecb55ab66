import { refuse } from './context.ts'

/** Refuses instances and containers: Lambda is what is meant where nothing is said. */
export function checkPlatform(computePlatform = 'Lambda'): void {
  if (computePlatform !== 'Lambda') {
    throw refuse(
      'InvalidComputePlatform',
      `Weir deploys functions: the compute platform must be Lambda, not ${computePlatform}`,
    )
  }
}
