import { changeTopic, contextOf, placeOf, type SnsHandlers } from '../context.ts'
import { withGrant, withoutGrant } from '../topic-policy.ts'

export const permissionOperations = {
  async AddPermission({ TopicArn, Label, AWSAccountId, ActionName }, call) {
    const context = contextOf(call, placeOf(TopicArn))
    const grant = { label: Label, accounts: AWSAccountId, actions: ActionName }
    await changeTopic(context, topic => ({ ...topic, policy: withGrant(topic.policy, context.place, grant) }))
    return {}
  },

  async RemovePermission({ TopicArn, Label }, call) {
    const context = contextOf(call, placeOf(TopicArn))
    await changeTopic(context, topic => ({ ...topic, policy: withoutGrant(topic.policy, Label) }))
    return {}
  },
} satisfies SnsHandlers
