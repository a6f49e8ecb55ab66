import type { InstanceProfile } from '@aws-sdk/client-iam'
import {
  type InstanceProfileRecord,
  instanceProfileArn,
  instanceProfiles,
  nameKey,
  type RoleRecord,
  roles,
} from '../../../identity/iam-records.ts'
import type { Stored } from '../../../records/records.ts'
import { describeRole } from './answers.ts'
import { type Context, change, type Draft } from './context.ts'
import type { NamedKind } from './entities.ts'
import { noSuchEntity } from './refusals.ts'

export const INSTANCE_PROFILE: NamedKind<InstanceProfileRecord> = {
  kind: instanceProfiles,
  arn: instanceProfileArn,
}

export async function findProfile(
  { records }: Context,
  name: string,
): Promise<Stored<InstanceProfileRecord>> {
  const found = await records.get(instanceProfiles, '', nameKey(name))
  if (!found) throw noSuchEntity(`Instance Profile ${name} cannot be found.`)
  return found
}

export const allProfiles = async ({ records }: Context): Promise<InstanceProfileRecord[]> =>
  (await records.all(instanceProfiles, '')).map(({ doc }) => doc)

/** Profiles that a role is in. */
export const profilesOf = async (context: Context, role: string): Promise<InstanceProfileRecord[]> =>
  (await allProfiles(context)).filter(profile => profile.role === nameKey(role))

/** A change of one profile: what `edit` answers is what it is from now on. */
export const changeProfile = (
  context: Context,
  name: string,
  edit: (
    profile: InstanceProfileRecord,
    draft: Draft,
  ) => InstanceProfileRecord | Promise<InstanceProfileRecord>,
): Promise<void> =>
  change(context, async draft => {
    const stored = await findProfile(context, name)
    draft.writes.replace(instanceProfiles, stored, await edit(stored.doc, draft))
  })

/** @param role the one that is in it */
export const describeProfile = (
  context: Context,
  profile: InstanceProfileRecord,
  role: RoleRecord | undefined,
): InstanceProfile => ({
  Path: profile.path,
  InstanceProfileName: profile.name,
  InstanceProfileId: profile.uid,
  Arn: instanceProfileArn(context.account, profile),
  CreateDate: new Date(profile.created),
  Roles: role ? [describeRole(context, role)] : [],
})

/** As {@link describeProfile}, where the role has to be read. */
export async function describeFound(
  context: Context,
  profile: InstanceProfileRecord,
): Promise<InstanceProfile> {
  const role = profile.role === undefined ? undefined : await context.records.get(roles, '', profile.role)
  return describeProfile(context, profile, role?.doc)
}
