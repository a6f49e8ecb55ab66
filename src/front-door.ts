import { Hono } from 'hono'
import type { Env } from './env.ts'
import { apiAddress } from './gateway/address.ts'
import { planesOf } from './planes.ts'
import { resetAccount } from './reset-account.ts'

/**
 * Which plane answers a request: by host for APIs, by path for Weir's own addresses, and everything else is the AWS
 * control plane, where the signature's scope names the service.
 */
export const frontDoor = new Hono<{ Bindings: Env }>({ strict: true })

frontDoor.get('/_weir/health', context => context.json({ status: 'ok' }))

frontDoor.post('/_weir/reset', async context => {
  if (!context.env.WEIR_LOCAL)
    return context.json({ message: 'Only a Weir in development can be reset' }, 403)
  await planesOf(context.env).start()
  await resetAccount(context.env)
  planesOf(context.env).forget()
  return context.json({ status: 'forgotten' })
})

frontDoor.get('/_weir/code/*', context => planesOf(context.env).serveCode(context.req.raw))

frontDoor.all('*', context => {
  const { raw } = context.req
  const address = apiAddress(raw)
  const planes = planesOf(context.env)
  return address ? planes.serveApi(raw, address) : planes.control(raw)
})

frontDoor.onError((error, context) => {
  const requestId = crypto.randomUUID()
  console.error(`request ${requestId} failed unexpectedly`, error)
  return context.json({ message: 'Internal server error', requestId }, 500)
})
