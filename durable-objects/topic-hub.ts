import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'

/** One topic: what was published and has not reached all of its subscribers. */
export class TopicHub extends DurableObject<Env> {}
