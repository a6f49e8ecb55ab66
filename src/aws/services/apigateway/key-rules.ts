import { LIMITS } from './limits.ts'
import { badRequest } from './refusals.ts'

export function checkKeyValue(value: string): void {
  const { least, most } = LIMITS.keyValue
  if (value.length < least) throw badRequest(`API Key value should be at least ${least} characters`)
  if (value.length > most) throw badRequest(`API Key value exceeds maximum size of ${most} characters`)
  // It travels in a header.
  if (!/^[\x21-\x7e]+$/.test(value))
    throw badRequest('API Key value must consist of printable ASCII characters')
}

export function checkKeyTexts({ name, description }: { name?: string; description?: string }): void {
  if (name && name.length > LIMITS.keyName) {
    throw badRequest(`Invalid API Key name, can be at most ${LIMITS.keyName} characters.`)
  }
  if (description && description.length > LIMITS.description) {
    throw badRequest('Invalid API Key description specified.')
  }
}
