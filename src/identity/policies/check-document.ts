import { findInvalidPrincipal } from './check-principal.ts'
import { isMoment, readOperator } from './conditions.ts'
import {
  listOf,
  type PolicyDocument,
  type PrincipalElement,
  type StatementDocument,
  VARIABLES_SINCE,
} from './policy-document.ts'

/** What a policy is to be: an identity's own or a managed one, a role's trust policy, or that of another resource. */
export type CheckedKind = 'identity' | 'managed' | 'trust' | 'resource'

export type CheckedDocument =
  | { readonly ok: true; readonly document: PolicyDocument }
  /** In the words of IAM's `MalformedPolicyDocument`. */
  | { readonly ok: false; readonly message: string }

const SYNTAX = 'Syntax errors in policy.'
const LEGACY = 'The policy failed legacy parsing'

const TOP_LEVEL = new Set(['Version', 'Id', 'Statement'])
const VERSIONS = new Set([VARIABLES_SINCE, '2008-10-17'])
const ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])
const PRINCIPALS = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser'])
const PARTITIONS = new Set(['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc', '*'])
const TRUST_ACTIONS =
  /^sts:(?:\*|AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|TagSession|SetSourceIdentity|SetContext)$/i

class Malformed extends Error {}

/**
 * Reads a policy and refuses what IAM refuses.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function checkDocument(text: string, kind: CheckedKind): CheckedDocument {
  try {
    const document = read(text, kind)
    const statements = listOf(document.Statement)
    // "If you do not include a Version element, the value defaults to 2008-10-17", which is not enough to be managed.
    if (kind === 'managed' && document.Version !== VARIABLES_SINCE) {
      throw new Malformed('Policy document must be version 2012-10-17 or greater.')
    }
    const check = kind === 'trust' ? checkTrust : kind === 'resource' ? checkResourceStatement : checkIdentity
    for (const statement of statements) check(statement)
    return { ok: true, document }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, message: error.message }
    throw error
  }
}

function read(text: string, kind: CheckedKind): PolicyDocument {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw new Malformed(kind === 'trust' ? 'This policy contains invalid Json' : SYNTAX)
  }
  const document = recordOf(content)
  onlyKnown(document, TOP_LEVEL)
  if (document.Version !== undefined && !VERSIONS.has(document.Version as string)) throw new Malformed(SYNTAX)
  if (document.Id !== undefined && typeof document.Id !== 'string') throw new Malformed(SYNTAX)
  const statements = listOf(document.Statement as unknown)
  if (statements.length === 0) throw new Malformed(SYNTAX)
  for (const statement of statements) checkSyntax(recordOf(statement))
  const sids = statements.flatMap(statement => (statement as StatementDocument).Sid || [])
  if (new Set(sids).size < sids.length) {
    throw new Malformed('Statement IDs (SID) in a single policy must be unique.')
  }
  return document as unknown as PolicyDocument
}

function checkSyntax(statement: Record<string, unknown>): void {
  onlyKnown(statement, ELEMENTS)
  const { Sid, Effect, Condition } = statement
  if (Sid !== undefined && typeof Sid !== 'string') throw new Malformed(SYNTAX)
  if (Effect === undefined) throw new Malformed('Missing required field Effect')
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new Malformed(SYNTAX)
  for (const element of ['Action', 'Resource', 'Principal']) {
    if (statement[element] !== undefined && statement[`Not${element}`] !== undefined)
      throw new Malformed(SYNTAX)
  }
  for (const element of ['Action', 'NotAction', 'Resource', 'NotResource']) checkTexts(statement[element])
  for (const element of ['Principal', 'NotPrincipal']) checkPrincipal(statement[element])
  if (Condition !== undefined) checkCondition(recordOf(Condition))
}

function checkPrincipal(principal: unknown): void {
  if (principal === undefined || principal === '*') return
  const names = recordOf(principal)
  onlyKnown(names, PRINCIPALS)
  for (const value of Object.values(names)) checkTexts(value)
}

function checkCondition(block: Record<string, unknown>): void {
  for (const [operator, keys] of Object.entries(block)) {
    if (!readOperator(operator)) throw new Malformed(SYNTAX)
    for (const values of Object.values(recordOf(keys))) {
      for (const value of listOf(values as unknown)) {
        if (!['string', 'number', 'boolean'].includes(typeof value)) throw new Malformed(SYNTAX)
      }
    }
  }
}

function checkTexts(value: unknown): void {
  if (listOf(value).some(each => typeof each !== 'string')) throw new Malformed(SYNTAX)
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed(SYNTAX)
  return value as Record<string, unknown>
}

function onlyKnown(value: Record<string, unknown>, known: ReadonlySet<string>): void {
  if (Object.keys(value).some(key => !known.has(key))) throw new Malformed(SYNTAX)
}

function checkIdentity(statement: StatementDocument): void {
  const { Sid, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition } = statement
  if (Sid !== undefined && !/^[A-Za-z0-9]*$/.test(Sid)) {
    throw new Malformed(
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    )
  }
  if (Principal !== undefined || NotPrincipal !== undefined) {
    throw new Malformed('Policy document should not specify a principal.')
  }
  const actions = listOf(Action ?? NotAction)
  if (actions.length === 0) throw new Malformed('Policy statement must contain actions.')
  const resources = listOf(Resource ?? NotResource)
  if (resources.length === 0) throw new Malformed('Policy statement must contain resources.')
  for (const resource of resources) {
    checkResource(resource)
    checkParts(resource)
  }
  for (const action of actions) checkAction(action)
  checkDates(Condition)
}

/** An ARN that leaves something out has to leave it empty; only a wildcard stands for several parts. */
function checkParts(resource: string): void {
  const [, , service, region, , ...rest] = resource.split(':')
  if (service === '' || (rest.length === 0 && resource.includes('::'))) throw new Malformed(LEGACY)
  if (service === 'iam' && region && !region.includes('*')) {
    throw new Malformed(`IAM resource ${resource} cannot contain region information.`)
  }
}

/** A date that is none would hold never, and a denial by it deny nothing. */
function checkDates(block: StatementDocument['Condition']): void {
  for (const [operator, keys] of Object.entries(block ?? {})) {
    if (!readOperator(operator)?.name.startsWith('Date')) continue
    const values = Object.values(keys).flatMap(value => listOf(value))
    if (!values.every(value => isMoment(String(value)) || String(value).includes('${'))) {
      throw new Malformed(LEGACY)
    }
  }
}

function checkAction(action: string): void {
  if (action === '*') return
  const [vendor = '', name, ...rest] = action.split(':')
  if (name === undefined) {
    throw new Malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  }
  if (rest.length > 0) throw new Malformed('Actions/Condition can contain only one colon.')
  if (vendor !== '*' && !/^[A-Za-z0-9-]+$/.test(vendor)) throw new Malformed(`Vendor ${vendor} is not valid`)
}

function checkResource(resource: string): void {
  if (resource === '*') return
  const [prefix, partition, service, ...rest] = resource.split(':')
  if (partition === undefined) throw new Malformed(`Resource ${resource} must be in ARN format or "*".`)
  if (prefix !== 'arn') throw new Malformed(LEGACY)
  if (!PARTITIONS.has(partition)) {
    const parts = [service, ...rest.slice(0, 2), rest.length > 2 ? rest.slice(2).join(':') : undefined]
    const shown = Array.from({ length: 4 }, (_, index) => parts[index] ?? '*').join(':')
    throw new Malformed(`Partition "${partition}" is not valid for resource "arn:${partition}:${shown}".`)
  }
  if (service === undefined && partition !== '*') {
    throw new Malformed('Resource vendor must be fully qualified and cannot contain regexes.')
  }
}

function checkTrust({ Principal, NotPrincipal, Action, Resource, NotResource }: StatementDocument): void {
  if (Resource !== undefined || NotResource !== undefined)
    throw new Malformed('Has prohibited field Resource')
  if (NotPrincipal !== undefined) throw new Malformed('Has prohibited field NotPrincipal')
  if (Principal === undefined) throw new Malformed('Missing required field Principal')
  checkNames(Principal)
  const actions = listOf(Action)
  if (actions.length === 0) throw new Malformed('Missing required field Action')
  if (!actions.every(action => TRUST_ACTIONS.test(action))) {
    throw new Malformed('AssumeRole policy may only specify STS AssumeRole actions.')
  }
}

/** Services refuse what is malformed with one sentence of their own; these are for whoever reads the code. */
function checkResourceStatement(statement: StatementDocument): void {
  const { Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource } = statement
  if (Principal === undefined && NotPrincipal === undefined) {
    throw new Malformed('Missing required field Principal')
  }
  // "Using it with "Effect":"Allow" is not supported."
  if (NotPrincipal !== undefined && Effect === 'Allow')
    throw new Malformed('Has prohibited field NotPrincipal')
  checkNames(Principal)
  checkNames(NotPrincipal)
  const actions = listOf(Action ?? NotAction)
  if (actions.length === 0) throw new Malformed('Missing required field Action')
  const resources = listOf(Resource ?? NotResource)
  if (resources.length === 0) throw new Malformed('Missing required field Resource')
  for (const action of actions) checkAction(action)
  for (const resource of resources) checkResource(resource)
}

function checkNames(principal: PrincipalElement | undefined): void {
  const invalid = findInvalidPrincipal(principal)
  if (invalid !== undefined) throw new Malformed(`Invalid principal in policy: ${invalid}`)
}
