import { isJsonObject, type JsonObject, scalarText } from '../lib/json-object.ts'

/** What is wrong with an AppSpec, in a sentence for whoever wrote it. */
export class InvalidAppSpec extends Error {}

export function objectIn(value: unknown, place: string): JsonObject {
  if (!isJsonObject(value)) throw new InvalidAppSpec(`${place} must be an object`)
  return value
}

/** A version may be written as a number or as a text. */
export function textIn(object: JsonObject, name: string, place: string): string {
  const text = scalarText(object[name])
  if (text === undefined || text === '') throw new InvalidAppSpec(`${place}.${name} must be a text`)
  return text
}

export function flag(value: unknown, place: string): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new InvalidAppSpec(`${place} must be true or false`)
}

export function numberIn(value: unknown, place: string, least: number, most: number): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number !== 'number' || !(number >= least && number <= most)) {
    throw new InvalidAppSpec(`${place} must be a number from ${least} to ${most}`)
  }
  return number
}

/** Refuses members that mean nothing: one that is misspelt would be left out silently. */
export function onlyThese(object: JsonObject, names: readonly string[], place: string): void {
  const other = Object.keys(object).find(name => !names.includes(name))
  if (other !== undefined) throw new InvalidAppSpec(`${place} has no ${other}: it knows ${names.join(', ')}`)
}
