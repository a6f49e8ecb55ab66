import type { SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'

const attribute = (
  Name: string,
  AttributeDataType: 'String' | 'Number' | 'Boolean',
  more: Omit<SchemaAttributeType, 'Name' | 'AttributeDataType'> = {},
): SchemaAttributeType => ({
  Name,
  AttributeDataType,
  DeveloperOnlyAttribute: false,
  Mutable: true,
  Required: false,
  ...more,
})

const text = (Name: string, MinLength = '0', MaxLength = '2048'): SchemaAttributeType =>
  attribute(Name, 'String', { StringAttributeConstraints: { MinLength, MaxLength } })

/**
 * What every user of every pool can have: OpenID Connect's claims.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
 */
export const STANDARD_ATTRIBUTES: readonly SchemaAttributeType[] = [
  { ...text('sub', '1'), Mutable: false, Required: true },
  text('name'),
  text('given_name'),
  text('family_name'),
  text('middle_name'),
  text('nickname'),
  text('preferred_username'),
  text('profile'),
  text('picture'),
  text('website'),
  text('email'),
  attribute('email_verified', 'Boolean'),
  text('gender'),
  text('birthdate', '10', '10'),
  text('zoneinfo'),
  text('locale'),
  text('phone_number'),
  attribute('phone_number_verified', 'Boolean'),
  text('address'),
  attribute('updated_at', 'Number', { NumberAttributeConstraints: { MinValue: '0' } }),
  attribute('identities', 'String', { StringAttributeConstraints: {} }),
]
