import type { SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import type { PoolRecord } from '../../../identity/user-pools/pool-records.ts'
import { STANDARD_ATTRIBUTES } from '../../../identity/user-pools/standard-attributes.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'

type Schema = PoolRecord['schema']

/** "String attributes: up to 2,048 characters" */
const LONGEST_TEXT = 2_048

/** All attributes of a new pool: the standard ones as `said` has them, and custom ones. */
export function schemaOf(said: readonly SchemaAttributeType[]): Schema {
  const names = new Set(STANDARD_ATTRIBUTES.map(({ Name }) => Name))
  const standard = said.filter(({ Name }) => names.has(Name))
  const custom = said.filter(({ Name }) => !names.has(Name))
  const repeated = standard.find(({ Name }, at) => standard.findIndex(each => each.Name === Name) !== at)
  if (repeated) throw invalidParameter(`${repeated.Name}: Attribute is defined more than once.`)
  const schema = STANDARD_ATTRIBUTES.map(attribute => {
    const wanted = standard.find(({ Name }) => Name === attribute.Name)
    return wanted ? standardAttribute(attribute, wanted) : attribute
  })
  return withCustomAttributes(schema, custom)
}

/** The attributes of a pool with further custom ones, whose names are said without `custom:`. */
export function withCustomAttributes(
  schema: readonly SchemaAttributeType[],
  further: readonly SchemaAttributeType[],
): Schema {
  const all = [...schema]
  for (const said of further) {
    const attribute = customAttribute(said)
    if (all.some(({ Name }) => Name === attribute.Name)) {
      throw invalidParameter(`${attribute.Name}: Existing attribute already has name ${attribute.Name}.`)
    }
    all.push(attribute)
  }
  if (all.length - STANDARD_ATTRIBUTES.length > LIMITS.customAttributes) {
    throw invalidParameter(`A user pool can have at most ${LIMITS.customAttributes} custom attributes.`)
  }
  return all
}

function standardAttribute(attribute: SchemaAttributeType, said: SchemaAttributeType): SchemaAttributeType {
  const { Name, AttributeDataType } = attribute
  const isOfOtherType = said.AttributeDataType !== undefined && said.AttributeDataType !== AttributeDataType
  if (isOfOtherType || said.DeveloperOnlyAttribute) {
    throw invalidParameter(
      `You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute ${Name}`,
    )
  }
  if (Name === 'sub' && (said.Mutable || said.Required === false)) {
    throw invalidParameter('You can not change Mutable or Required for standard schema attribute sub')
  }
  return {
    ...attribute,
    Mutable: said.Mutable ?? attribute.Mutable,
    Required: said.Required ?? attribute.Required,
    ...constraintsOf(Name!, AttributeDataType, { ...attribute, ...said }),
  }
}

function customAttribute(said: SchemaAttributeType): SchemaAttributeType {
  const { Name, AttributeDataType, DeveloperOnlyAttribute = false, Mutable = true } = said
  if (Name === undefined) throw invalidParameter('Attribute name cannot be null.')
  if (!AttributeDataType) {
    throw invalidParameter(
      'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.',
    )
  }
  if (said.Required) throw invalidParameter('Required custom attributes are not supported currently.')
  const name = `${DeveloperOnlyAttribute ? 'dev:' : ''}custom:${Name}`
  return {
    Name: name,
    AttributeDataType,
    DeveloperOnlyAttribute,
    Mutable,
    Required: false,
    ...constraintsOf(name, AttributeDataType, said),
  }
}

type Constraints = Pick<SchemaAttributeType, 'StringAttributeConstraints' | 'NumberAttributeConstraints'>

function constraintsOf(
  name: string,
  type: SchemaAttributeType['AttributeDataType'],
  { StringAttributeConstraints, NumberAttributeConstraints }: Constraints,
): Constraints {
  if (type === 'String') {
    const { MinLength, MaxLength } = StringAttributeConstraints ?? {}
    const [min, max] = [MinLength, MaxLength].map(text => lengthOf(name, text))
    if ((min ?? 0) > LONGEST_TEXT || (max ?? 0) > LONGEST_TEXT) {
      throw invalidParameter(
        `user.${name}: String attributes cannot have a length of more than ${LONGEST_TEXT}`,
      )
    }
    if (min !== undefined && max !== undefined && max < min) {
      throw invalidParameter(`user.${name}: Max length cannot be less than min length.`)
    }
    return { StringAttributeConstraints: StringAttributeConstraints ?? {} }
  }
  if (type === 'Number') {
    const { MinValue, MaxValue } = NumberAttributeConstraints ?? {}
    const [min, max] = [MinValue, MaxValue].map(text => numberOf(name, text))
    if (min !== undefined && max !== undefined && max < min) {
      throw invalidParameter(`user.${name}: Max value cannot be less than min value.`)
    }
    return { NumberAttributeConstraints: NumberAttributeConstraints ?? {} }
  }
  return {}
}

function lengthOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw invalidParameter(`Invalid StringAttributeConstraints for schema attribute ${name}`)
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw invalidParameter(`Invalid NumberAttributeConstraints for schema attribute ${name}`)
}
