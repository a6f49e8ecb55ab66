import type { DeploymentError, Release } from '../../../deployments/deployment-state.ts'
import { functionReference } from '../../../functions/control/function-reference.ts'
import type { Authority } from '../../../identity/authority.ts'
import { decideForService } from '../../../identity/decide-for-service.ts'
import { functionArn, partsOfArn } from '../../../lib/arn.ts'

/** The service, and the name of the session in which it acts in roles of groups. */
const IN_A_ROLE = { service: 'codedeploy.amazonaws.com', session: 'CodeDeploy' } as const

/**
 * What a release needs that the group's role may not do: CodeDeploy acts as the role. Triggers that the role may not
 * publish to are left out, as they hold nothing up.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html
 */
export async function withPermissions(release: Release, authority: Authority): Promise<Release> {
  const { account, role } = release
  const acting = { ...IN_A_ROLE, account: account.id, role }
  const context = { 'aws:RequestedRegion': account.region }
  const may = (action: string, resource: string) =>
    decideForService(authority, acting, { action, resource, context })
  const needed = [...targetNeeds(release), ...hookNeeds(release)]
  const [allowed, published] = await Promise.all([
    Promise.all(needed.map(([action, resource]) => may(action, resource))),
    Promise.all(
      release.triggers.map(
        ({ topic }) => partsOfArn(topic).account !== account.id || may('sns:Publish', topic),
      ),
    ),
  ])
  const missing = needed.find((_, index) => !allowed[index])
  const refused: DeploymentError | undefined = missing && {
    code: 'IAM_ROLE_PERMISSIONS',
    message: `The IAM role ${role} does not give you permission to perform ${missing[0]} on ${missing[1]}.`,
  }
  return {
    ...release,
    triggers: release.triggers.filter((_, index) => published[index]),
    ...(refused && { refused }),
  }
}

type Needed = readonly [action: string, resource: string]

const targetNeeds = ({ targets, account }: Release): Needed[] =>
  targets.map(spec =>
    spec.type === 'alias'
      ? ['lambda:UpdateAlias', functionArn(account, spec.function, spec.alias)]
      : [
          'apigateway:PATCH',
          `arn:aws:apigateway:${account.region}::/restapis/${spec.restApi}/stages/${spec.stage}`,
        ],
  )

function hookNeeds({ hooks, account, role }: Release): Needed[] {
  const caller = { account, arn: role, operation: 'Invoke' }
  return Object.values(hooks).map(hook => {
    const { name, qualifier } = functionReference(hook.function, undefined, caller)
    return ['lambda:InvokeFunction', functionArn(account, name, qualifier)]
  })
}
