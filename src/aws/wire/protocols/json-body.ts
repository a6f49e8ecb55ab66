import { JsonCodec2 } from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { SerializationFailure } from './protocol.ts'

type JsonSettings = ConstructorParameters<typeof JsonCodec2>[0]

/** The codec's reader also takes documents that were parsed already; its public type leaves that out. */
interface ObjectReader {
  readObject(schema: NormalizedSchema, document: unknown): Record<string, unknown>
}

/** Deeper documents are refused before a recursive reader meets them. */
const MAX_DEPTH = 200

/** Whether brackets outside strings nest deeper than {@link MAX_DEPTH}. */
function isTooDeep(body: Uint8Array): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]
    if (inString) {
      if (byte === 0x5c) i++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_DEPTH) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

/** Reads and writes JSON documents of a shape, for the REST and the RPC flavour of AWS's JSON protocols. */
export function jsonBody(settings: JsonSettings) {
  const codec = new JsonCodec2(settings)
  return {
    async read(schema: NormalizedSchema, body: Uint8Array): Promise<Record<string, unknown>> {
      if (body.length === 0) return {}
      if (isTooDeep(body)) throw new SerializationFailure('The document is nested too deeply')
      let document: unknown
      try {
        document = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body))
      } catch {
        throw new SerializationFailure(
          'Could not parse request body into json: the document is not valid JSON',
        )
      }
      if (schema.isUnitSchema()) return {}
      const structured = schema.isStructSchema() || schema.isMapSchema()
      if (structured && (typeof document !== 'object' || document === null || Array.isArray(document))) {
        throw new SerializationFailure('Start of structure or map found where not expected.')
      }
      try {
        const reader = codec.createDeserializer() as unknown as ObjectReader
        return reader.readObject(schema, document)
      } catch {
        throw new SerializationFailure('Could not parse request body into the shape of the operation')
      }
    },
    write(schema: NormalizedSchema, value: unknown): Uint8Array | string {
      if (schema.isUnitSchema()) return '{}'
      const serializer = codec.createSerializer()
      serializer.write(schema as never, value as never)
      return serializer.flush() as Uint8Array | string
    },
  }
}
