import { exports as workerExports } from 'cloudflare:workers'
import type { Env } from './env.ts'
import { frontDoor } from './front-door.ts'
import type { FunctionCaller } from './function-caller.ts'
import { consumeEvents } from './functions/queue-event.ts'
import { systemClock } from './lib/clock.ts'
import { planesOf } from './planes.ts'

export { AliasRouter } from '../durable-objects/alias-router.ts'
export { KeyMeter } from '../durable-objects/key-meter.ts'
export { StageRouter } from '../durable-objects/stage-router.ts'
export { FunctionCaller } from './function-caller.ts'
export { Outbound } from './function-outbound.ts'

export default {
  fetch: frontDoor.fetch,

  async queue(batch, env) {
    const { FunctionCaller } = workerExports as unknown as { FunctionCaller: Service<FunctionCaller> }
    await consumeEvents(batch, env, invocation => FunctionCaller.invoke(invocation), systemClock)
  },

  /** Once a minute: what a crash kept from being published. */
  async scheduled(_controller, env) {
    const { start, platform } = planesOf(env)
    await start()
    await platform.publications.publishWaiting()
  },
} satisfies ExportedHandler<Env>
