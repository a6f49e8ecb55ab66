import { NormalizedSchema } from '@smithy/core/schema'

/** An operation as the SDK's schemas describe it. */
export interface Operation {
  readonly name: string
  /** Method, URI template and success status of REST protocols. */
  readonly http?: readonly [method: string, uri: string, status: number]
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema
}

// The SDK's static schema tuples start with a number that says what they describe (@smithy/types, StaticSchemaId).
const OPERATION = 9
const ERROR = -3

type OperationTuple = [
  id: 9,
  namespace: string,
  name: string,
  traits: unknown,
  input: unknown,
  output: unknown,
]
type ErrorTuple = [id: -3, namespace: string, name: string, traits: unknown]

export type SchemaModule = Readonly<Record<string, unknown>>

const isTuple = (value: unknown, id: number): boolean => Array.isArray(value) && value[0] === id

/** Every operation of a client's schema module, by name. Schemas are normalised on first use. */
export function operationsOf(schemas: SchemaModule): Map<string, Operation> {
  const operations = new Map<string, Operation>()
  for (const value of Object.values(schemas)) {
    if (!isTuple(value, OPERATION)) continue
    const [, , name, traits, input, output] = value as OperationTuple
    const http = typeof traits === 'object' ? (traits as { http?: Operation['http'] }).http : undefined
    operations.set(name, {
      name,
      http,
      get input() {
        return NormalizedSchema.of(input as never)
      },
      get output() {
        return NormalizedSchema.of(output as never)
      },
    })
  }
  return operations
}

/** A modelled error: its status on the wire and, for the query protocol, the code it is written with. */
export interface ErrorShape {
  readonly schema: NormalizedSchema
  readonly status: number
  readonly queryCode: string
}

export function errorsOf(schemas: SchemaModule): Map<string, ErrorShape> {
  const errors = new Map<string, ErrorShape>()
  for (const value of Object.values(schemas)) {
    if (!isTuple(value, ERROR)) continue
    const [, , name] = value as ErrorTuple
    const schema = NormalizedSchema.of(value as never)
    const traits = schema.getMergedTraits()
    const queryError = traits.awsQueryError as [string, number] | undefined
    errors.set(name, {
      schema,
      status:
        queryError?.[1] ??
        (traits.httpError as number | undefined) ??
        (traits.error === 'server' ? 500 : 400),
      queryCode: queryError?.[0] ?? name,
    })
  }
  return errors
}
