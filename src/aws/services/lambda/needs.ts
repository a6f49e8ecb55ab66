import { keyArn, kmsAliases } from '../../../encryption/kms/key-records.ts'
import { functions } from '../../../functions/control/function-records.ts'
import { eventSourceMappings } from '../../../functions/event-sources/mapping-records.ts'
import {
  layerArn,
  layerReference,
  layerVersionArn,
  layerVersionReference,
} from '../../../functions/layers/layer-reference.ts'
import { isRoot } from '../../../identity/caller.ts'
import { arn, functionArn, functionOfArn, partsOfArn } from '../../../lib/arn.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { contextOf, referenceOf } from './context.ts'
import { atOwner } from './owner.ts'

interface Named {
  readonly FunctionName?: string
  readonly Qualifier?: string
  readonly Role?: string
  readonly UUID?: string
  readonly LayerName?: string
  readonly VersionNumber?: number
  readonly Resource?: string
  /** Of a layer's version. */
  readonly Arn?: string
  readonly Layers?: readonly string[]
  readonly KMSKeyArn?: string
  /** Of a permission, as `FunctionUrlAuthType` and `Principal` are; of a URL. */
  readonly AuthType?: string
  readonly FunctionUrlAuthType?: string
  readonly Principal?: string
}

/** Operations whose permission has another name. */
const ACTIONS: Readonly<Record<string, string>> = {
  Invoke: 'InvokeFunction',
  InvokeAsync: 'InvokeFunction',
  InvokeWithResponseStream: 'InvokeFunction',
  GetLayerVersionByArn: 'GetLayerVersion',
}

/** Operations that only make use of a version: to them `$LATEST` is one that policies may name. */
const ABOUT_VERSIONS = /^(?:Invoke|Get|List)/

/** Operations on event source mappings are about these, not about the function that the request names. */
const ABOUT_MAPPINGS = /EventSourceMapping/

/**
 * What Lambda's operations ask for. Whoever gives a function a role needs that role's own permission: otherwise a
 * function that may create functions could do whatever any role may. Resources are named in one way, however the
 * request names them: what a policy forbids is not to be had under another partition or by a version's leading zeros.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 */
export async function lambdaNeeds(input: Named, call: Call<Platform>): Promise<readonly Need[]> {
  const needs = needsOf(input, call, await keyOf(input, call))
  const mapped = await mappedFunction(input, call)
  if (mapped === undefined) return needs
  const [first, ...others] = needs as [Need, ...Need[]]
  const ofMapped = { ...first, context: { 'lambda:FunctionArn': mapped } }
  // Whoever gives a mapping another function needs to be allowed that of both.
  return input.FunctionName === undefined ? [ofMapped, ...others] : [ofMapped, ...needs]
}

/** The function that a mapping has now: policies may ask for it, whatever the request names. */
async function mappedFunction(
  { UUID }: Named,
  { operation, platform, account, region }: Call<Platform>,
): Promise<string | undefined> {
  if (UUID === undefined || !ABOUT_MAPPINGS.test(operation)) return undefined
  const found = await platform.records({ id: account, region }).get(eventSourceMappings, '', UUID)
  return found?.doc.functionArn
}

/**
 * The KMS key that is given by its own name or by an alias. One of another account is asked for by the name it is given
 * by: which key an alias leads to is for those alone whom the key lets in.
 */
async function keyOf(
  { KMSKeyArn }: Named,
  { platform, account, region }: Call<Platform>,
): Promise<string | undefined> {
  if (KMSKeyArn === undefined) return undefined
  const { service, account: owner, region: place, resource } = partsOfArn(KMSKeyArn)
  if (service !== 'kms') return undefined
  if (resource.startsWith('key/')) {
    return keyArn({ account: { id: owner, region: place }, id: resource.slice('key/'.length) })
  }
  if (owner !== account || place !== region) return KMSKeyArn
  const own = { id: account, region }
  const alias = await platform.records(own).get(kmsAliases, '', resource)
  // That of the service itself stands for the account's data key; where there is none, the operation says so.
  return alias && resource !== 'alias/aws/lambda' ? keyArn({ account: own, id: alias.doc.target }) : undefined
}

function needsOf(input: Named, call: Call<Platform>, key: string | undefined): Need[] {
  const { operation } = call
  const needs: Need[] = [
    {
      action: `lambda:${ACTIONS[operation] ?? operation}`,
      resource: resourceOf(input, call),
      context: ABOUT_MAPPINGS.test(operation) ? mappingContext(input, call) : givenContext(input),
      tags: () => tagsOf(input, call),
    },
  ]
  if (input.Role !== undefined) {
    needs.push({
      action: 'iam:PassRole',
      resource: input.Role,
      context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    })
  }
  if (key !== undefined) needs.push(...needsOfKey(key, call))
  // A function reads its layers, so whoever names them for it must be allowed to read them.
  for (const layer of input.Layers ?? []) {
    needs.push({ action: 'lambda:GetLayerVersion', resource: layerVersionOf(layer) })
  }
  return needs
}

/**
 * Whoever has variables encrypted with a key must be allowed to have that done for a service.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
 */
function needsOfKey(resource: string, { identity, account, region }: Call<Platform>): Need[] {
  const context = { 'kms:CallerAccount': account, 'kms:ViaService': `lambda.${region}.amazonaws.com` }
  return ['kms:CreateGrant', 'kms:Encrypt'].map(action => ({
    action,
    resource,
    context,
    letIn: !isRoot(identity),
  }))
}

function resourceOf(input: Named, call: Call<Platform>): string {
  const account = { id: call.account, region: call.region }
  const { FunctionName, LayerName, VersionNumber, UUID, Resource } = input
  if (Resource !== undefined) return taggedOf(Resource)
  if (call.operation === 'GetLayerVersionByArn' && input.Arn !== undefined) return layerVersionOf(input.Arn)
  if (ABOUT_MAPPINGS.test(call.operation)) {
    return UUID === undefined ? '*' : arn('lambda', account, `event-source-mapping:${UUID}`)
  }
  if (FunctionName !== undefined) return functionOf({ ...input, FunctionName }, call)
  if (LayerName !== undefined) {
    const reference = layerReference(LayerName, account)
    return VersionNumber === undefined
      ? layerArn(reference)
      : layerVersionArn({ ...reference, version: VersionNumber })
  }
  return '*'
}

/** Of the function, whichever version of it is named, or of the mapping. */
async function tagsOf(
  input: Named,
  call: Call<Platform>,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { resource } = partsOfArn(resourceOf(input, call))
  const [kind, id = ''] = resource.split(':')
  const { records } = contextOf(atOwner(input, call))
  if (kind === 'event-source-mapping') return (await records.get(eventSourceMappings, '', id))?.doc.tags
  return kind === 'function' ? (await records.get(functions, '', id))?.doc.tags : undefined
}

function layerVersionOf(text: string): string {
  const reference = layerVersionReference(text)
  return reference ? layerVersionArn(reference) : text
}

function taggedOf(text: string): string {
  const named = functionOfArn(text)
  if (named) return functionArn(named.account, named.name, named.qualifier)
  const { region, account, resource } = partsOfArn(text)
  return arn('lambda', { id: account, region }, resource)
}

function functionOf(input: Named & { FunctionName: string }, call: Call<Platform>): string {
  const context = contextOf(atOwner(input, call))
  const { name, qualifier } = referenceOf(context, input)
  // What is done to the whole function may name it so, and is no less about it.
  const isWhole = qualifier === '$LATEST' && !ABOUT_VERSIONS.test(call.operation)
  return functionArn(context.account, name, isWhole ? undefined : qualifier)
}

const mappingContext = (input: Named, call: Call<Platform>): Need['context'] =>
  input.FunctionName === undefined
    ? undefined
    : { 'lambda:FunctionArn': functionOf({ ...input, FunctionName: input.FunctionName }, call) }

/** What policies may ask of what is given: `AddPermission` and URLs say whom a function is opened to. */
function givenContext(input: Named): Need['context'] {
  const { Layers = [], Principal, AuthType, FunctionUrlAuthType = AuthType } = input
  const given = {
    ...(Layers.length > 0 && { 'lambda:Layer': Layers.map(layerVersionOf) }),
    ...(Principal !== undefined && { 'lambda:Principal': Principal }),
    ...(FunctionUrlAuthType !== undefined && { 'lambda:FunctionUrlAuthType': FunctionUrlAuthType }),
  }
  return Object.keys(given).length > 0 ? given : undefined
}
