import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'

/** Carries one deployment group's deployments through, one at a time. */
export class DeploymentDriver extends DurableObject<Env> {}
