import type { Env } from './env.ts'
import { frontDoor } from './front-door.ts'
import { consumeEvents, type EventMessage } from './functions/queue-event.ts'
import { planesOf } from './planes.ts'

export { AliasRouter } from '../durable-objects/alias-router.ts'
export { KeyMeter } from '../durable-objects/key-meter.ts'
export { StageRouter } from '../durable-objects/stage-router.ts'
export { Outbound } from './functions/outbound.ts'

export default {
  fetch: frontDoor.fetch,

  async queue(batch, env) {
    await consumeEvents(batch, env, planesOf(env).invoke)
  },

  /** Once a minute: what a crash kept from being published. */
  async scheduled(_controller, env) {
    const { start, platform } = planesOf(env)
    await start()
    await platform.publications.publishWaiting()
  },
} satisfies ExportedHandler<Env, EventMessage>
