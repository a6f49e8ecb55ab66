import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'

/** What was measured in one account and region, or a share of it. */
export class MetricStore extends DurableObject<Env> {}
