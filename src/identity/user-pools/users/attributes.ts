import type { AttributeType, SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import { Refusal } from '../../../lib/refusal.ts'
import type { ClientSettings, PoolRecord } from '../pool-records.ts'

/** A user's attributes: names and texts. */
export type Attributes = Readonly<Record<string, string>>

/** Attributes whose values a user has to prove to hold. */
export const VERIFIABLE = ['email', 'phone_number'] as const
export type Verifiable = (typeof VERIFIABLE)[number]

export const isVerifiable = (name: string): name is Verifiable =>
  (VERIFIABLE as readonly string[]).includes(name)

export const isVerified = (attributes: Attributes, name: Verifiable): boolean =>
  attributes[`${name}_verified`] === 'true'

/**
 * One `@` between texts that have neither blanks nor another one, and a domain with a dot or none, as `localhost`. What
 * RFC 5322, section 3.2.3, lets no unquoted text have is in none either: in a header of a message, `ann<bob@b.example>`
 * would be somebody else's address.
 */
const EMAIL = /^[^\s@\p{C}()<>[\]:;\\,"]{1,64}@[^\s@.\p{C}()<>[\]:;\\,"]+(?:\.[^\s@.\p{C}()<>[\]:;\\,"]+)*$/u

/** E.164: "a phone number must start with a plus (+) sign, followed immediately by the country code". */
const PHONE = /^\+\d{5,15}$/

const LONGEST_EMAIL = 254

export const isEmail = (text: string): boolean => text.length <= LONGEST_EMAIL && EMAIL.test(text)
export const isPhone = (text: string): boolean => PHONE.test(text)

/** Only administrators and the pool itself say these; `sub` and `identities` nobody does. */
const NOT_FOR_CLIENTS: ReadonlySet<string> = new Set(['email_verified', 'phone_number_verified'])
const NOT_FOR_ANYBODY: ReadonlySet<string> = new Set(['sub', 'identities'])

/** A line an attribute; of users that there are already each is named as theirs. */
const nonconforming = (faults: readonly string[]): Refusal =>
  refused(`Attributes did not conform to the schema: ${faults.map(line).join('')}`)

const nonconformingOfUser = (faults: readonly string[]): Refusal =>
  refused(faults.map(fault => `user.${line(fault)}`).join(''))

const line = (fault: string): string => `${fault}\n`

const refused = (message: string): Refusal => new Refusal('InvalidParameterException', message)

const UNKNOWN = 'Attribute does not exist in the schema.'

/**
 * Attributes as an administrator or a client (`settings`) wants to write them. Throws a refusal for those that the
 * client may not write, that the pool's schema does not have, or whose values it does not allow.
 *
 * @param before of a user that there is already: attributes that never change must not
 */
export function checkAttributes(
  pool: Pick<PoolRecord, 'schema'>,
  given: readonly AttributeType[],
  { client, before }: { client?: ClientSettings | undefined; before?: Attributes | undefined } = {},
): Attributes {
  const schema = new Map(pool.schema.map(attribute => [attribute.Name!, attribute]))
  const faults: string[] = []
  const attributes: Record<string, string> = {}
  for (const { Name: name, Value: value = '' } of given) {
    const attribute = schema.get(name!)
    if (client && !mayWrite(client, name!, attribute)) {
      throw new Refusal('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
    }
    const fault = attribute ? faultOf(attribute, value) : UNKNOWN
    if (fault !== undefined) faults.push(`${name}: ${fault}`)
    attributes[name!] = value
  }
  if (faults.length > 0) throw (before ? nonconformingOfUser : nonconforming)(faults)
  checkFormats(attributes)
  for (const [name, value] of Object.entries(attributes)) {
    const isFixed = NOT_FOR_ANYBODY.has(name) || (schema.get(name)?.Mutable === false && before)
    if (isFixed && before?.[name] !== value)
      throw nonconformingOfUser([`${name}: Attribute cannot be updated.`])
  }
  return attributes
}

/** "If you don't specify WriteAttributes, your app client can write all standard and custom attributes." */
function mayWrite(client: ClientSettings, name: string, attribute: SchemaAttributeType | undefined): boolean {
  if (NOT_FOR_CLIENTS.has(name) || NOT_FOR_ANYBODY.has(name) || attribute?.DeveloperOnlyAttribute)
    return false
  const { WriteAttributes: writable } = client
  // One that the schema has not is told apart by the schema.
  return !writable || writable.length === 0 || !attribute || writable.includes(name)
}

/** What a client may see of a user's attributes. */
export function readable({ ReadAttributes: names }: ClientSettings, attributes: Attributes): Attributes {
  const isReadable = (name: string) =>
    !name.startsWith('dev:') && (!names || names.length === 0 || name === 'sub' || names.includes(name))
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isReadable(name)))
}

/** Throws a refusal where a user would lack what the pool asks of each. */
export function requireAttributes(pool: Pick<PoolRecord, 'schema'>, attributes: Attributes): void {
  const missing = pool.schema.filter(({ Name, Required }) => Required && Name !== 'sub' && !attributes[Name!])
  if (missing.length > 0) {
    throw nonconforming(missing.map(({ Name }) => `${Name}: The attribute ${Name} is required`))
  }
}

/** Throws a refusal for attributes that cannot be taken away from a user. */
export function checkRemoval(
  pool: Pick<PoolRecord, 'schema'>,
  names: readonly string[],
  client?: ClientSettings,
): void {
  const unknown: string[] = []
  for (const name of names) {
    const attribute = pool.schema.find(({ Name }) => Name === name)
    if (client && !mayWrite(client, name, attribute)) {
      throw new Refusal('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
    }
    if (!attribute) unknown.push(`user.${name}: ${UNKNOWN}`)
    else if (NOT_FOR_ANYBODY.has(name) || attribute.Required || attribute.Mutable === false) {
      throw nonconformingOfUser([`${name}: Attribute cannot be deleted.`])
    }
  }
  if (unknown.length > 0) throw refused(`Invalid user attributes: ${unknown.map(line).join('')}`)
}

function checkFormats(attributes: Attributes): void {
  const { email, phone_number: phone } = attributes
  if (email && !isEmail(email)) {
    throw refused('Invalid email address format.')
  }
  if (phone && !isPhone(phone)) {
    throw refused('Invalid phone number format.')
  }
}

/** Milliseconds are optional, and so is a zone. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?$/

/** What is wrong with a value; undefined if nothing is. An empty one is none, and always allowed. */
function faultOf(attribute: SchemaAttributeType, value: string): string | undefined {
  if (value === '') return undefined
  switch (attribute.AttributeDataType) {
    case 'Number': {
      if (!/^-?\d+(?:\.\d+)?$/.test(value)) return 'Attribute value is not a number'
      const { MinValue, MaxValue } = attribute.NumberAttributeConstraints ?? {}
      if (MinValue !== undefined && Number(value) < Number(MinValue)) {
        return `Number attributes cannot have a value of less than ${MinValue}`
      }
      if (MaxValue !== undefined && Number(value) > Number(MaxValue)) {
        return `Number attributes cannot have a value of more than ${MaxValue}`
      }
      return undefined
    }
    case 'Boolean':
      return /^(?:true|false)$/i.test(value) ? undefined : 'Attribute value is not a boolean'
    case 'DateTime':
      return DATE_TIME.test(value) && !Number.isNaN(Date.parse(value))
        ? undefined
        : 'Attribute value is not a date and time'
    default: {
      const { MinLength, MaxLength } = attribute.StringAttributeConstraints ?? {}
      const length = [...value].length
      if (MinLength !== undefined && length < Number(MinLength)) {
        return `String attributes cannot have a length of less than ${MinLength}`
      }
      if (length > Number(MaxLength ?? 2048)) {
        return `String attributes cannot have a length of more than ${MaxLength ?? 2048}`
      }
      return undefined
    }
  }
}

/** As operations answer them, `sub` first. */
export function attributeList(attributes: Attributes): { Name: string; Value: string }[] {
  const { sub, ...rest } = attributes
  return Object.entries({ ...(sub === undefined ? {} : { sub }), ...rest }).map(([Name, Value]) => ({
    Name,
    Value,
  }))
}

/**
 * A user's attributes after a change: empty values take an attribute away, and an address that has changed is no more
 * known to be the user's unless the change says that it is.
 */
export function changedAttributes(before: Attributes, given: Attributes): Attributes {
  const after: Record<string, string> = { ...before, ...given }
  for (const name of VERIFIABLE) {
    const isNew = given[name] !== undefined && given[name] !== before[name]
    if (isNew && given[`${name}_verified`] === undefined) after[`${name}_verified`] = 'false'
  }
  return saidAttributes(after)
}

/**
 * Attributes as they are kept. A user whom an administrator makes has these and no more: AdminCreateUser answers no
 * `email_verified` that was not given (the example of the AWS CLI's reference).
 */
export function saidAttributes(given: Attributes): Attributes {
  const said: Record<string, string> = { ...given }
  for (const name of VERIFIABLE) {
    const verified = given[`${name}_verified`]
    if (verified !== undefined) said[`${name}_verified`] = verified.toLowerCase()
  }
  return withoutEmpty(said)
}

/** An address that is not there is not verified either. */
export function withoutEmpty(attributes: Attributes): Attributes {
  const left = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))
  for (const name of VERIFIABLE) if (left[name] === undefined) delete left[`${name}_verified`]
  return left
}
