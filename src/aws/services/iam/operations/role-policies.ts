import { nameKey } from '../../../../identity/iam-records.ts'
import { encodePolicy, findPolicy } from '../answers.ts'
import { changeCount, requireAttachable } from '../attach-policy.ts'
import { changeRole, checkedPolicy, contextOf, findRole, type IamHandlers, sizeOf } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { limitExceeded, noSuchEntity } from '../refusals.ts'

const noInlinePolicy = (name: string) => noSuchEntity(`The role policy with name ${name} cannot be found.`)

/** Policies inside a role, and those that are attached to it. */
export const rolePolicyOperations = {
  async PutRolePolicy(input, call) {
    const document = checkedPolicy(input.PolicyDocument, 'identity')
    await changeRole(contextOf(call), input.RoleName, role => {
      const inline = { ...role.inline, [input.PolicyName]: document }
      const size = Object.values(inline).reduce((sum, text) => sum + sizeOf(text), 0)
      if (size > LIMITS.inlinePolicies) {
        throw limitExceeded(
          `Maximum policy size of ${LIMITS.inlinePolicies} bytes exceeded for role ${role.name}`,
        )
      }
      return { ...role, inline }
    })
    return {}
  },

  async GetRolePolicy(input, call) {
    const { doc } = await findRole(contextOf(call), input.RoleName)
    const document = inlineOf(doc.inline, input.PolicyName)
    if (document === undefined) throw noInlinePolicy(input.PolicyName)
    return { RoleName: doc.name, PolicyName: input.PolicyName, PolicyDocument: encodePolicy(document) }
  },

  async ListRolePolicies(input, call) {
    const { doc } = await findRole(contextOf(call), input.RoleName)
    const { items, ...page } = await pageOf(
      `inline ${nameKey(doc.name)}`,
      Object.keys(doc.inline),
      name => name,
      input,
    )
    return { PolicyNames: [...items], ...page }
  },

  async DeleteRolePolicy(input, call) {
    await changeRole(contextOf(call), input.RoleName, role => {
      if (inlineOf(role.inline, input.PolicyName) === undefined) throw noInlinePolicy(input.PolicyName)
      const { [input.PolicyName]: _, ...inline } = role.inline
      return { ...role, inline }
    })
    return {}
  },

  async AttachRolePolicy(input, call) {
    const context = contextOf(call)
    const { PolicyArn } = input
    await changeRole(context, input.RoleName, async (role, further) => {
      await requireAttachable(context, PolicyArn, `Policy ${PolicyArn}`)
      if (role.attached.includes(PolicyArn)) return role
      if (role.attached.length >= LIMITS.attachedPolicies) {
        throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${LIMITS.attachedPolicies}`)
      }
      await changeCount(context, further, PolicyArn, 'attachments', 1)
      return { ...role, attached: [...role.attached, PolicyArn] }
    })
    return {}
  },

  async DetachRolePolicy(input, call) {
    const context = contextOf(call)
    const { PolicyArn } = input
    await changeRole(context, input.RoleName, async (role, further) => {
      if (!role.attached.includes(PolicyArn)) throw noSuchEntity(`Policy ${PolicyArn} was not found.`)
      await changeCount(context, further, PolicyArn, 'attachments', -1)
      return { ...role, attached: role.attached.filter(arn => arn !== PolicyArn) }
    })
    return {}
  },

  async ListAttachedRolePolicies(input, call) {
    const context = contextOf(call)
    const { doc } = await findRole(context, input.RoleName)
    const prefix = input.PathPrefix ?? '/'
    const attached = await Promise.all(doc.attached.map(arn => findPolicy(context, arn)))
    const described = attached
      .map(({ arn, kind, policy }) => ({ arn, ...(kind === 'aws' ? policy : policy.doc) }))
      .filter(({ path }) => path.startsWith(prefix))
    const list = `attached ${nameKey(doc.name)} ${prefix}`
    const { items, ...page } = await pageOf(list, described, ({ name, arn }) => `${name} ${arn}`, input)
    return {
      AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })),
      ...page,
    }
  },
} satisfies IamHandlers

const inlineOf = (inline: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(inline, name) ? inline[name] : undefined
