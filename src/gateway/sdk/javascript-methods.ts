import { HTTP_METHODS } from '../http-methods.ts'
import type { MethodDefinition, RestApiDefinition } from '../openapi/definition.ts'

/** One method of a client, as the generated file has it. */
export interface ClientMethod {
  readonly method: string
  /** With variables: `/pets/{petId}`. */
  readonly path: string
  /** Names of parameters by where they go. */
  readonly pathParams: readonly string[]
  readonly queryParams: readonly string[]
  readonly headerParams: readonly string[]
  /** Names that a call has to give. */
  readonly required: readonly string[]
  readonly isSigned: boolean
}

/** The methods of an API's client by name: `petsPetIdGet` for `GET /pets/{petId}`, as API Gateway names them. */
export function clientMethods({ resources }: RestApiDefinition): Record<string, ClientMethod> {
  const methods = new Map<string, ClientMethod>()
  for (const [path, byName] of Object.entries(resources)) {
    for (const [method, definition] of methodsOf(byName)) {
      const wanted = clientName(path, method)
      let name = wanted
      // Paths that differ only in their punctuation have the same words.
      for (let i = 2; methods.has(name); i++) name = `${wanted}${i}`
      methods.set(name, clientMethod(path, method, definition))
    }
  }
  return Object.fromEntries(methods)
}

/** What `ANY` stands for where a method is not declared itself. */
function methodsOf(byName: Readonly<Record<string, MethodDefinition>>): [string, MethodDefinition][] {
  const { ANY: any, ...declared } = byName
  const others = HTTP_METHODS.filter(name => !Object.hasOwn(declared, name))
  return [
    ...Object.entries(declared),
    ...(any ? others.map((name): [string, MethodDefinition] => [name, any]) : []),
  ]
}

function clientName(path: string, method: string): string {
  const words = path.split(/[^a-zA-Z0-9]+/).filter(Boolean)
  if (words.length === 0) words.push('root')
  const [first = '', ...rest] = [...words, method.toLowerCase()]
  const name = first.charAt(0).toLowerCase() + first.slice(1) + rest.map(capitalized).join('')
  return /^\d/.test(name) ? `_${name}` : name
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function clientMethod(path: string, method: string, definition: MethodDefinition): ClientMethod {
  const declared = Object.entries(definition.requestParameters ?? {}).map(([expression, isRequired]) => {
    const [, , place, ...name] = expression.split('.')
    return { place, name: name.join('.'), isRequired }
  })
  const named = (place: string) => declared.filter(each => each.place === place).map(({ name }) => name)
  const pathParams = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(match => match[1]!)
  const required = declared
    .filter(({ isRequired, place }) => isRequired && place !== 'path')
    .map(({ name }) => name)
  return {
    method,
    path,
    pathParams,
    queryParams: named('querystring'),
    headerParams: named('header'),
    required: [...new Set([...pathParams, ...required])],
    isSigned: definition.authorizationType === 'AWS_IAM',
  }
}
