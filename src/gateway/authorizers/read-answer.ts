import { checkDocument } from '../../identity/policies/check-document.ts'
import { type CompiledPolicy, compilePolicy } from '../../identity/policies/compile-policy.ts'
import { VARIABLES_SINCE } from '../../identity/policies/policy-document.ts'
import { setField } from '../../lib/fields.ts'
import { isJsonObject, parseJsonObject, scalarText } from '../../lib/json-object.ts'

/** What an authorizer's function said about a caller. */
export interface AuthorizerAnswer {
  readonly principalId: string | undefined
  readonly policy: CompiledPolicy
  /** What `$context.authorizer` has beside the principal; values are text, as integrations get them. */
  readonly context: Readonly<Record<string, string>>
  readonly usageIdentifierKey: string | undefined
  /** What it takes in memory, about. */
  readonly bytes: number
}

export type ReadAnswer = { readonly answer: AuthorizerAnswer } | { readonly fault: string }

/** A compiled policy is closures and lists of character codes. */
const BYTES_A_CHARACTER = 16
const ENTRY_BYTES = 1024

/** "not marked as ignorable" is every other field, API Gateway says of them. */
const FIELDS: ReadonlySet<string> = new Set([
  'principalId',
  'policyDocument',
  'context',
  'usageIdentifierKey',
])

/**
 * Reads what a function returned.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 *
 * @param payload JSON text
 * @returns a fault, in words for the API's owner, where it is nothing that an authorizer may return
 */
export function readAnswer(payload: string): ReadAnswer {
  const value = parseJsonObject(payload)
  if (!value) return { fault: 'Invalid JSON in response: no object' }
  const stranger = Object.keys(value).find(name => !FIELDS.has(name))
  if (stranger !== undefined) {
    return {
      fault: `Invalid JSON in response: Unrecognized field "${stranger}", not marked as ignorable`,
    }
  }
  const { principalId, policyDocument, context = {}, usageIdentifierKey } = value
  if (!isAbsent(principalId) && scalarText(principalId) === undefined)
    return { fault: 'Invalid principalId in response' }
  if (!isAbsent(usageIdentifierKey) && typeof usageIdentifierKey !== 'string') {
    return { fault: 'Invalid usageIdentifierKey in response' }
  }
  const policy = readPolicy(policyDocument)
  if (!policy) return { fault: 'Invalid policy document' }
  const values = readContext(context)
  if (!values) return { fault: 'Invalid context: its values may be text, numbers and booleans' }
  return {
    answer: {
      principalId: isAbsent(principalId) ? undefined : String(principalId),
      policy,
      context: values,
      usageIdentifierKey: usageIdentifierKey || undefined,
      bytes: ENTRY_BYTES + payload.length * BYTES_A_CHARACTER,
    },
  }
}

/** A policy of an identity: it hangs on the caller and names nobody. Absent, its version is today's. */
function readPolicy(document: unknown): CompiledPolicy | undefined {
  if (!isJsonObject(document)) return undefined
  const checked = checkDocument(JSON.stringify({ Version: VARIABLES_SINCE, ...document }), 'identity')
  return checked.ok ? compilePolicy('authorizer', checked.document, 'identity') : undefined
}

/** "You can't set a JSON object or array as a valid value of any key in the context map." */
function readContext(context: unknown): Record<string, string> | undefined {
  if (context === null) return {}
  if (!isJsonObject(context)) return undefined
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(context)) {
    const text = scalarText(value)
    if (text === undefined) return undefined
    setField(values, name, text)
  }
  return values
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined
