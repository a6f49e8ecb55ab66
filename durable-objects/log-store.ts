import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'

/** The lines of one log group, or of a share of it. Named by `logStoreName`. */
export class LogStore extends DurableObject<Env> {}
