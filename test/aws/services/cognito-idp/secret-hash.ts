import { createHmac } from 'node:crypto'

/** As the documentation has clients compute it. */
export const secretHashOf = (secret: string, username: string, clientId: string): string =>
  createHmac('sha256', secret)
    .update(username + clientId)
    .digest('base64')
