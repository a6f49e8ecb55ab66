import type { NormalizedSchema } from '@smithy/core/schema'
import { SerializationFailure } from './protocol.ts'
import { dateOf, formatOf, type TimestampFormat } from './timestamps.ts'
import { booleanOf, bytesOf, numberOf, wellFormed } from './values.ts'

/**
 * Reads a scalar that travels as text: in a path, a query string, a header or a form.
 *
 * @param name the member, for the message
 * @param ofPlace how timestamps are written in this place
 * @throws {@link SerializationFailure} if it is not of the member's type
 */
export function fromText(
  name: string,
  schema: NormalizedSchema,
  text: string,
  ofPlace: TimestampFormat,
): unknown {
  if (schema.isBlobSchema()) return bytesOf(text, name)
  if (schema.isNumericSchema()) return numberOf(text) ?? refuse(name, text, 'a number')
  if (schema.isBooleanSchema()) return booleanOf(text) ?? refuse(name, text, 'a Boolean')
  if (schema.isTimestampSchema()) {
    return dateOf(text, formatOf(schema, ofPlace)) ?? refuse(name, text, 'a timestamp')
  }
  return wellFormed(text, name)
}

function refuse(name: string, text: string, expected: string): never {
  throw new SerializationFailure(`${name}: '${text.slice(0, 64)}' can not be converted to ${expected}`)
}
