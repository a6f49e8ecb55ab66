import type { GenericRevisionInfo } from '@aws-sdk/client-codedeploy'
import {
  type ApplicationRecord,
  type RevisionRecord,
  revisionId,
  revisions,
} from '../../../../deployments/deployment-records.ts'
import type { Revision } from '../../../../deployments/deployment-state.ts'
import type { Stored } from '../../../../records/records.ts'
import {
  type CodeDeployHandlers,
  type Context,
  change,
  contextOf,
  findApplication,
  refuse,
} from '../context.ts'
import { dateOf, describeRevision } from '../describe-deployment.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { appSpecOf, readRevision } from '../read-revision.ts'

export const revisionOperations = {
  async RegisterApplicationRevision(input, call) {
    const context = contextOf(call)
    const application = await findApplication(context, input.applicationName)
    const revision = await readRevision(input.revision)
    appSpecOf(revision)
    await changeRevision(context, application, revision, known => ({
      ...known,
      ...(input.description !== undefined && { description: input.description }),
    }))
    return {}
  },

  async GetApplicationRevision(input, call) {
    const context = contextOf(call)
    const application = await findApplication(context, input.applicationName)
    const revision = await readRevision(input.revision)
    const found = await context.records.get(revisions, application.doc.id, revisionId(revision))
    if (!found) {
      throw refuse('RevisionDoesNotExist', `${application.id} has no revision ${revision.sha256}`)
    }
    return {
      applicationName: application.id,
      revision: describeRevision(found.doc),
      revisionInfo: describe(found.doc),
    }
  },

  async BatchGetApplicationRevisions(input, call) {
    const context = contextOf(call)
    const application = await findApplication(context, input.applicationName)
    if (input.revisions.length > LIMITS.revisionsOfBatch) {
      throw refuse('BatchLimitExceeded', `At most ${LIMITS.revisionsOfBatch} revisions can be asked for`)
    }
    const asked = await Promise.all(input.revisions.map(readRevision))
    const found = await Promise.all(
      asked.map(revision => context.records.get(revisions, application.doc.id, revisionId(revision))),
    )
    const missing = asked.filter((_, index) => !found[index])
    return {
      applicationName: application.id,
      errorMessage:
        missing.length > 0
          ? `There is no revision ${missing.map(({ sha256 }) => sha256).join(', ')}`
          : undefined,
      revisions: found
        .filter(revision => revision !== undefined)
        .map(({ doc }) => ({
          revisionLocation: describeRevision(doc),
          genericRevisionInfo: describe(doc),
        })),
    }
  },

  async ListApplicationRevisions(input, call) {
    const context = contextOf(call)
    const application = await findApplication(context, input.applicationName)
    const { sortBy, sortOrder = 'ascending', deployed = 'ignore', s3Bucket } = input
    const all = await context.records.all(revisions, application.doc.id)
    // Revisions in buckets are asked for by their bucket; these are in none.
    const wanted = all.filter(
      ({ doc }) =>
        s3Bucket === undefined &&
        (deployed === 'ignore' || doc.groups.length > 0 === (deployed === 'include')),
    )
    const timeOf = ({ doc }: Stored<RevisionRecord>): number =>
      (sortBy &&
        { registerTime: doc.registered, firstUsedTime: doc.firstUsed, lastUsedTime: doc.lastUsed }[sortBy]) ??
      0
    const sign = sortOrder === 'descending' ? -1 : 1
    const sorted = wanted.toSorted((one, other) => sign * (timeOf(one) - timeOf(other)))
    const { items, nextToken } = await pageOf(
      `revisions ${application.doc.id} ${sortBy} ${sortOrder} ${deployed} ${s3Bucket}`,
      input.nextToken,
      ([last]) => sorted.slice(last === undefined ? 0 : sorted.findIndex(({ id }) => id === last) + 1),
      ({ id }) => [id],
    )
    return { revisions: items.map(({ doc }) => describeRevision(doc)), nextToken }
  },
} satisfies CodeDeployHandlers

/** A revision that is deployed for the first time is registered by that. */
export const noteUse = (
  context: Context,
  application: Stored<ApplicationRecord>,
  group: string,
  revision: Revision,
): Promise<void> =>
  changeRevision(context, application, revision, known => ({
    ...known,
    firstUsed: known.firstUsed ?? context.now,
    lastUsed: context.now,
    groups: [...new Set([...known.groups, group])],
  }))

function changeRevision(
  { records, now }: Context,
  { doc: { id: parent } }: Stored<ApplicationRecord>,
  revision: Revision,
  edit: (known: RevisionRecord) => RevisionRecord,
): Promise<void> {
  const id = revisionId(revision)
  return change(async () => {
    const found = await records.get(revisions, parent, id)
    const doc = edit(found?.doc ?? { ...revision, registered: now, groups: [] })
    const toBe = records.change()
    await (found ? toBe.replace(revisions, found, doc) : toBe.create(revisions, { parent, id }, doc)).commit()
  })
}

const describe = ({
  description,
  groups,
  firstUsed,
  lastUsed,
  registered,
}: RevisionRecord): GenericRevisionInfo => ({
  description,
  deploymentGroups: [...groups],
  firstUsedTime: dateOf(firstUsed),
  lastUsedTime: dateOf(lastUsed),
  registerTime: new Date(registered),
})
