import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'

/** Segments of the traces of one account and region, or a share of them. */
export class TraceStore extends DurableObject<Env> {}
