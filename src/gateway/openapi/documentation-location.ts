import type { DocumentationPartRecord } from '../control/api-parts.ts'
import { compact } from './values.ts'

export type DocumentationLocation = DocumentationPartRecord['location']

type Field = 'path' | 'method' | 'statusCode' | 'name'

/**
 * Which fields say where a part of the documentation belongs, by the type of what it is about.
 * https://docs.aws.amazon.com/apigateway/latest/api/API_DocumentationPartLocation.html
 */
const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  API: [],
  AUTHORIZER: ['name'],
  MODEL: ['name'],
  RESOURCE: ['path'],
  METHOD: ['path', 'method'],
  PATH_PARAMETER: ['path', 'method', 'name'],
  QUERY_PARAMETER: ['path', 'method', 'name'],
  REQUEST_HEADER: ['path', 'method', 'name'],
  REQUEST_BODY: ['path', 'method'],
  RESPONSE: ['path', 'method', 'statusCode'],
  RESPONSE_HEADER: ['path', 'method', 'statusCode', 'name'],
  RESPONSE_BODY: ['path', 'method', 'statusCode'],
}

/** What fields are that nobody gave: the root, any method, any status. A name has to be given. */
const USUAL: Readonly<Record<Field, string | undefined>> = {
  path: '/',
  method: '*',
  statusCode: '*',
  name: undefined,
}

/** What a parameter is documented as, by where OpenAPI says that it is. */
export const PARAMETER_TYPES: Readonly<Record<string, string>> = {
  path: 'PATH_PARAMETER',
  query: 'QUERY_PARAMETER',
  header: 'REQUEST_HEADER',
}

/** What locations call a method: its name, or a star for `ANY`. */
export const documentedMethod = (name: string): string => (name === 'ANY' ? '*' : name)

/** A location with all fields that it has, or what is wrong with it. */
export function fullLocation(location: DocumentationLocation): DocumentationLocation | { wrong: string } {
  const { type } = location
  if (!Object.hasOwn(FIELDS, type)) {
    return {
      wrong: `Invalid documentation part type '${type}'. Valid options are ${Object.keys(FIELDS).join(',')}`,
    }
  }
  const fields = FIELDS[type]!
  for (const field of Object.keys(USUAL) as Field[]) {
    if (location[field] !== undefined && !fields.includes(field)) {
      return { wrong: `The field '${field}' is not valid for the documentation part type '${type}'` }
    }
  }
  const full = Object.fromEntries(fields.map(field => [field, location[field] ?? USUAL[field]]))
  if (fields.includes('name') && !full.name) {
    return { wrong: `The field 'name' is required for the documentation part type '${type}'` }
  }
  return compact<DocumentationLocation>({ type, ...full })
}

/** Two parts of the same location are the same part. */
export const locationKey = ({ type, path, method, statusCode, name }: DocumentationLocation): string =>
  JSON.stringify([type, path, method, statusCode, name])

/** `type 'METHOD', path '/pets', method 'GET'` */
export const shownLocation = (location: DocumentationLocation): string =>
  Object.entries(location)
    .map(([field, value]) => `${field} '${value}'`)
    .join(', ')
