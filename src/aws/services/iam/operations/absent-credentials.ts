import type { Platform } from '../../../../platform.ts'
import type { Call } from '../../../wire/service.ts'
import { findUserOrRoot } from '../caller.ts'
import { contextOf, type IamHandlers } from '../context.ts'
import { noSuchEntity } from '../refusals.ts'

/**
 * Credentials that nobody has in Weir, where users have access keys and nothing else: there is no console to sign in
 * to, and no service that takes certificates or SSH keys. Who deletes a user asks for all of them first.
 */
export const absentCredentialOperations = {
  async ListMFADevices({ UserName }, call) {
    await requireUser(call, UserName)
    return { MFADevices: [], IsTruncated: false }
  },
  async ListSSHPublicKeys({ UserName }, call) {
    await requireUser(call, UserName)
    return { SSHPublicKeys: [], IsTruncated: false }
  },
  async ListSigningCertificates({ UserName }, call) {
    await requireUser(call, UserName)
    return { Certificates: [], IsTruncated: false }
  },
  async ListServiceSpecificCredentials({ UserName }, call) {
    await requireUser(call, UserName)
    return { ServiceSpecificCredentials: [] }
  },
  async GetLoginProfile({ UserName }, call) {
    throw await noLoginProfile(call, UserName)
  },
  async DeleteLoginProfile({ UserName }, call) {
    throw await noLoginProfile(call, UserName)
  },
  async ListVirtualMFADevices() {
    return { VirtualMFADevices: [], IsTruncated: false }
  },
  async ListServerCertificates() {
    return { ServerCertificateMetadataList: [], IsTruncated: false }
  },
  async ListSAMLProviders() {
    return { SAMLProviderList: [] }
  },
  async GetAccountPasswordPolicy(_input, call) {
    throw noSuchEntity(`The Password Policy with domain name ${call.account} cannot be found.`)
  },
} satisfies IamHandlers

async function requireUser(call: Call<Platform>, name: string | undefined): Promise<void> {
  await findUserOrRoot(contextOf(call), name)
}

async function noLoginProfile(call: Call<Platform>, name: string | undefined) {
  const user = await findUserOrRoot(contextOf(call), name)
  return noSuchEntity(`Login Profile for User ${user?.doc.name ?? 'root'} cannot be found.`)
}
