import { checkDocument } from '../../../identity/policies/check-document.ts'
import { listOf, type OneOrMore, type PolicyDocument } from '../../../identity/policies/policy-document.ts'
import type { Account } from '../../../lib/account.ts'
import { arn } from '../../../lib/arn.ts'
import { LIMITS } from './limits.ts'
import { badRequest } from './refusals.ts'

/**
 * An API's resource policy as it is kept: checked, and with `execute-api:/stage/METHOD/path` written out in full.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
 *
 * @param text JSON, or what {@link shownPolicy} makes of it
 * @returns undefined for an empty text, which takes a policy away
 */
export function readApiPolicy(text: string | undefined, account: Account, apiId: string): string | undefined {
  if (!text?.trim()) return undefined
  if (text.length > LIMITS.resourcePolicy * 2) throw tooLarge()
  const written = JSON.stringify(parse(text), (key, value: unknown) =>
    key === 'Resource' || key === 'NotResource' ? inFull(value as OneOrMore<string>, account, apiId) : value,
  )
  const checked = checkDocument(written, 'resource')
  if (!checked.ok) throw malformed()
  if (written.length > LIMITS.resourcePolicy) throw tooLarge()
  return written
}

/** As `GetRestApi` answers it: ready to stand between the quotation marks of a JSON text. */
export const shownPolicy = (policy: string | undefined): string | undefined =>
  policy && JSON.stringify(policy).slice(1, -1)

const SHORT = 'execute-api:/'

function inFull(resources: OneOrMore<string>, account: Account, apiId: string): unknown {
  const written = listOf(resources).map(resource =>
    typeof resource === 'string' && resource.startsWith(SHORT)
      ? arn('execute-api', account, `${apiId}/${resource.slice(SHORT.length)}`)
      : resource,
  )
  return Array.isArray(resources) ? written : written[0]
}

/** Whoever writes back what was answered sends it escaped, and some clients quote it once more. */
function parse(text: string): PolicyDocument {
  for (const form of [text, `"${text}"`]) {
    try {
      const value: unknown = JSON.parse(form)
      return (typeof value === 'string' ? JSON.parse(value) : value) as PolicyDocument
    } catch {}
  }
  throw malformed()
}

const malformed = () =>
  badRequest('Invalid policy document. Please check the policy syntax and ensure that Principals are valid.')

const tooLarge = () =>
  badRequest(`Invalid policy document. It may have at most ${LIMITS.resourcePolicy} characters.`)
