import { badRequest } from './refusals.ts'

interface Given {
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | undefined
}

/** What a trial of a method or an authorizer sends; a list of values stands in place of a single one. */
export function trialHeaders({ headers = {}, multiValueHeaders = {} }: Given): [string, string][] {
  const given = [
    ...Object.entries(multiValueHeaders).flatMap(([name, values]) =>
      values.map((value): [string, string] => [name, value]),
    ),
    ...Object.entries(headers).filter(([name]) => !Object.hasOwn(multiValueHeaders, name)),
  ]
  try {
    new Headers(given)
  } catch {
    throw badRequest('Invalid headers specified')
  }
  return given
}
