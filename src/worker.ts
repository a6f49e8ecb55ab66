export { AliasRouter } from '../durable-objects/alias-router.ts'
export { StageRouter } from '../durable-objects/stage-router.ts'
export { Outbound } from './functions/outbound.ts'
export { KeyMeter } from '../durable-objects/key-meter.ts'

export default { fetch: () => new Response('ok') }
