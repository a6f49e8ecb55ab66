import { isScalar, parseDocument, visit } from 'yaml'
import { isJsonObject, type JsonObject } from '../lib/json-object.ts'
import { readReleaseOptions, type WrittenOptions } from './app-spec-options.ts'
import type { HookName } from './deployment-state.ts'
import { type TargetSpec, targetId } from './release.ts'
import { flag, InvalidAppSpec, objectIn, textIn } from './spec-values.ts'

/** What an AppSpec asks for. */
export interface AppSpec {
  readonly targets: readonly TargetSpec[]
  /** Names or ARNs of functions. */
  readonly hooks: Readonly<Partial<Record<HookName, string>>>
  readonly options: WrittenOptions
}

const MOST_RESOURCES = 10
const MOST_CHARACTERS = 64 * 1024
const HOOKS: readonly string[] = ['BeforeAllowTraffic', 'AfterAllowTraffic'] satisfies HookName[]
const SECTIONS = ['version', 'Resources', 'Hooks', 'Weir']

/**
 * Reads an AppSpec, YAML or JSON (which is YAML).
 *
 * @returns what it asks for, or a sentence about what is wrong with it
 * @see https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html
 */
export function readAppSpec(content: string): AppSpec | { readonly refused: string } {
  try {
    return read(content)
  } catch (error) {
    if (error instanceof InvalidAppSpec) return { refused: error.message }
    throw error
  }
}

function read(content: string): AppSpec {
  const document = parsed(content)
  const sections = Object.fromEntries(
    Object.entries(document).map(([name, value]) => [sectionOf(name), value]),
  )
  // As a number 0.0 is 0, and as a text it is written in many ways.
  if (Number(sections.version) !== 0 || sections.version === null) {
    throw new InvalidAppSpec('version must be 0.0')
  }
  const targets = entriesOf(sections.Resources, 'Resources').map(([name, value]) =>
    targetOf(`Resources.${name}`, objectIn(value, `Resources.${name}`)),
  )
  if (targets.length === 0) throw new InvalidAppSpec('Resources must name at least one resource')
  if (targets.length > MOST_RESOURCES) {
    throw new InvalidAppSpec(`Resources names more than ${MOST_RESOURCES} resources`)
  }
  const ids = targets.map(targetId)
  const twice = ids.find((id, index) => ids.indexOf(id) < index)
  if (twice !== undefined) throw new InvalidAppSpec(`Resources names ${twice} twice`)
  return { targets, hooks: hooksOf(sections.Hooks), options: readReleaseOptions(sections.Weir) }
}

function parsed(content: string): JsonObject {
  // Reading takes longer the more there is, in some forms as the square of it.
  if (content.length > MOST_CHARACTERS)
    throw new InvalidAppSpec(`it has more than ${MOST_CHARACTERS} characters`)
  let document: unknown
  try {
    const read = parseDocument(content, { uniqueKeys: false, logLevel: 'error' })
    if (read.errors[0]) throw read.errors[0]
    visit(read, { Map: (_, { items }) => checkUnique(items.map(({ key }) => key)) })
    // Aliases stand for what may be long, again and again: a small file could become a very large document.
    document = read.toJS({ maxAliasCount: 20 })
  } catch (error) {
    throw new InvalidAppSpec(error instanceof Error ? error.message : String(error))
  }
  if (!isJsonObject(document)) throw new InvalidAppSpec('it is neither a YAML nor a JSON object')
  return document
}

/** The reader's own check compares each key with all others. */
function checkUnique(keys: readonly unknown[]): void {
  const names = new Set<unknown>()
  for (const key of keys) {
    const name = isScalar(key) ? String(key.value) : key
    if (names.has(name)) throw new InvalidAppSpec(`Map keys must be unique, and ${name} is there twice`)
    names.add(name)
  }
}

/** In examples of the documentation sections are written in either case. */
function sectionOf(name: string): string {
  const known = SECTIONS.find(section => section.toLowerCase() === name.toLowerCase())
  if (!known) throw new InvalidAppSpec(`there is no section ${name}`)
  return known
}

/** A list of objects with one member each, or one object with all of them. */
function entriesOf(value: unknown, section: string): Array<[string, unknown]> {
  if (value === undefined || value === null) return []
  if (isJsonObject(value)) return Object.entries(value)
  if (!Array.isArray(value)) throw new InvalidAppSpec(`${section} must be a list`)
  return value.flatMap(each => Object.entries(objectIn(each, section)))
}

function hooksOf(value: unknown): AppSpec['hooks'] {
  const hooks = entriesOf(value, 'Hooks')
  for (const [name, called] of hooks) {
    if (!HOOKS.includes(name)) throw new InvalidAppSpec(`Hooks: ${name} is not a hook of functions`)
    if (typeof called !== 'string' || called === '') {
      throw new InvalidAppSpec(`Hooks.${name} must name a function`)
    }
  }
  return Object.fromEntries(hooks) as AppSpec['hooks']
}

function targetOf(place: string, resource: JsonObject): TargetSpec {
  const type = textIn(resource, 'Type', place)
  const properties = objectIn(resource.Properties, `${place}.Properties`)
  const of = (name: string) => textIn(properties, name, `${place}.Properties`)
  const maybe = (name: string) => (properties[name] === undefined ? undefined : of(name))
  switch (type) {
    case 'AWS::Lambda::Function':
      return {
        type: 'alias',
        function: of('Name'),
        alias: of('Alias'),
        current: maybe('CurrentVersion'),
        target: of('TargetVersion'),
      }
    case 'Weir::ApiGateway::Stage': {
      const variables = properties.StageVariableOverrides
      const { UseStageCache } = properties
      return {
        type: 'stage',
        restApi: of('RestApiId'),
        stage: of('StageName'),
        current: maybe('CurrentDeployment'),
        target: of('TargetDeployment'),
        ...(variables !== undefined && { variables: variablesOf(variables, place) }),
        ...(UseStageCache !== undefined && { useStageCache: flag(UseStageCache, `${place}.UseStageCache`) }),
      }
    }
    default:
      throw new InvalidAppSpec(`${place}.Type: ${type} is not what Weir deploys`)
  }
}

function variablesOf(value: unknown, place: string): Record<string, string> {
  const variables = objectIn(value, `${place}.StageVariableOverrides`)
  return Object.fromEntries(Object.keys(variables).map(name => [name, textIn(variables, name, place)]))
}
