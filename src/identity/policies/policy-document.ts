/**
 * Policies as they are written. Elements that may be one value or a list of them are both here.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export interface PolicyDocument {
  readonly Version?: string
  readonly Id?: string
  readonly Statement: OneOrMore<StatementDocument>
}

export interface StatementDocument {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: PrincipalElement
  readonly NotPrincipal?: PrincipalElement
  readonly Action?: OneOrMore<string>
  readonly NotAction?: OneOrMore<string>
  readonly Resource?: OneOrMore<string>
  readonly NotResource?: OneOrMore<string>
  readonly Condition?: ConditionBlock
}

/** `*`, or names by the kind of principal they are of: `AWS`, `Service`, `Federated`, `CanonicalUser`. */
export type PrincipalElement = string | Readonly<Record<string, OneOrMore<string>>>

/** Values by operator and key; numbers and booleans may be written as such. */
export type ConditionBlock = Readonly<
  Record<string, Readonly<Record<string, OneOrMore<string | number | boolean>>>>
>

export type OneOrMore<T> = T | readonly T[]

export const listOf = <T>(value: OneOrMore<T> | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T]

/** The version whose policies have variables; to the older one `${aws:username}` is text like any other. */
export const VARIABLES_SINCE = '2012-10-17'

/** A policy's text without the whitespace between its parts, which means nothing. */
export const compactPolicy = (text: string): string => JSON.stringify(JSON.parse(text))
