import type { Account } from '../../lib/account.ts'
import { functionArn } from '../../lib/arn.ts'
import { Refusal } from '../../lib/refusal.ts'

// Sentences as Lambda itself answers them; clients and tools match on some of them. Which of the not-found sentences
// an operation uses was observed on Lambda; there is no rule in it.

const byUser = (code: string, message: string): Refusal =>
  new Refusal(code, message, { members: { Type: 'User' } })

export const invalidParameter = (message: string): Refusal =>
  byUser('InvalidParameterValueException', message)

export const conflict = (message: string): Refusal => byUser('ResourceConflictException', message)

export const notFound = (message: string): Refusal => byUser('ResourceNotFoundException', message)

export const functionNotFound = (account: Account, name: string, qualifier?: string): Refusal =>
  notFound(`Function not found: ${functionArn(account, name, qualifier)}`)

export const cannotFindAlias = (account: Account, name: string, alias: string): Refusal =>
  notFound(`Cannot find alias arn: ${functionArn(account, name, alias)}`)

export const aliasNotFound = (account: Account, name: string, alias: string): Refusal =>
  notFound(`Alias not found: ${functionArn(account, name, alias)}`)

/** @param where the operation that tells the current revision */
export const staleRevisionId = (where: 'GetFunction/GetAlias' | 'GetPolicy' | 'GetLayerPolicy'): Refusal =>
  byUser(
    'PreconditionFailedException',
    `The Revision Id provided does not match the latest Revision Id. Call the ${where} API to retrieve the latest Revision Id`,
  )

export const updateInProgress = (account: Account, name: string): Refusal =>
  conflict(
    `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn(account, name)}`,
  )

/** What Lambda has and Weir does not, refused because to ignore it would change what a caller gets. */
export const unsupported = (what: string): Refusal => invalidParameter(`Weir does not support ${what}.`)
