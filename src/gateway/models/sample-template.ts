import { isJsonObject, type JsonObject } from '../../lib/json-object.ts'

/** Samples by type, as API Gateway chooses them. */
const SAMPLES: Readonly<Record<string, string>> = {
  boolean: 'true',
  integer: '42',
  null: 'null',
  number: '42',
  string: '"foo"',
}

/** Objects within each other: a schema may contain itself. */
const DEEPEST = 10

/**
 * "A sample mapping template that can be used to transform a payload into the structure of a model".
 * https://docs.aws.amazon.com/apigateway/latest/api/API_GetModelTemplate.html
 *
 * @param resolve what a `$ref` of the schema names
 */
export function sampleTemplate(schema: JsonObject, resolve: (reference: string) => unknown): string {
  const follow = (part: unknown, hops = 0): JsonObject => {
    if (!isJsonObject(part)) return {}
    const { $ref } = part
    return typeof $ref === 'string' && hops < DEEPEST ? follow(resolve($ref), hops + 1) : part
  }
  const sample = (part: unknown, indent: string, depth: number): string => {
    const { type, properties, items, enum: values } = follow(part)
    if (Array.isArray(values)) return JSON.stringify(values[0])
    const kind = [type].flat()[0] ?? (properties ? 'object' : items ? 'array' : 'object')
    if (kind === 'object') return depth > DEEPEST ? '{}' : object(properties, indent, depth)
    if (kind === 'array') return depth > DEEPEST ? '[]' : array(items, indent, depth)
    return SAMPLES[kind as string] ?? 'null'
  }
  const object = (properties: unknown, indent: string, depth: number): string => {
    const members = Object.entries(isJsonObject(properties) ? properties : {}).map(
      ([name, part]) => `${indent}  ${JSON.stringify(name)} : ${sample(part, `${indent}  `, depth + 1)}`,
    )
    return members.length === 0 ? '{ }' : `{\n${members.join(',\n')}\n${indent}}`
  }
  const array = (items: unknown, indent: string, depth: number): string => {
    const item = sample(Array.isArray(items) ? items[0] : items, `${indent}  `, depth + 1)
    return [
      '[',
      '##TODO: Update this foreach loop to reference array from input json',
      '#foreach($elem in $inputRoot)',
      `${indent}  ${item}#if($foreach.hasNext),#end`,
      '#end',
      `${indent}]`,
    ].join('\n')
  }
  return `#set($inputRoot = $input.path('$'))\n${sample(schema, '', 0)}`
}
