import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../src/env.ts'

/** Looks at the alarms of one account and region once a period, and keeps their states and history. */
export class AlarmWatch extends DurableObject<Env> {}
