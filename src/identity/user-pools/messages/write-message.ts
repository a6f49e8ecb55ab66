import type { FoundPool } from '../find-pool.ts'
import type { PoolSettings } from '../pool-records.ts'
import { attributesInEvent, type CallTrigger, invalidResponse, runTrigger, textOf } from '../triggers.ts'
import type { PoolUser } from '../users/pool-user.ts'
import { escapeHtml } from './escape-html.ts'

export type Medium = 'EMAIL' | 'SMS'

/** What a message is for, and what the trigger for messages calls it. */
const SOURCES = {
  'sign-up': 'CustomMessage_SignUp',
  resend: 'CustomMessage_ResendCode',
  reset: 'CustomMessage_ForgotPassword',
  invitation: 'CustomMessage_AdminCreateUser',
  'attribute update': 'CustomMessage_UpdateUserAttribute',
  'attribute verification': 'CustomMessage_VerifyUserAttribute',
  authentication: 'CustomMessage_Authentication',
} as const

export type MessageKind = keyof typeof SOURCES

/** What stands for the secret, the user's name and a link in texts that owners of pools write. */
const CODE = '{####}'
const USERNAME = '{username}'
const LINK = /\{##(.*?)##\}/g

/** What a message says; of a text message the body alone. */
export interface MessageText {
  readonly subject: string
  /** HTML in an e-mail. */
  readonly body: string
}

export interface MessageAsked {
  readonly kind: MessageKind
  readonly medium: Medium
  readonly user: PoolUser
  /** The name that the user signs in with. */
  readonly username: string
  /** A code, or a temporary password. */
  readonly secret: string
  /** Where a click confirms the user, in pools that send links for it. */
  readonly link?: string | undefined
  readonly clientId?: string | undefined
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined
  readonly traceId?: string | undefined
}

/**
 * What a pool writes to a user: what its trigger for messages says, or its templates, or what Cognito writes by default.
 * Throws a refusal when the trigger fails or leaves out the secret.
 */
export async function writeMessage(
  call: CallTrigger,
  found: FoundPool,
  asked: MessageAsked,
): Promise<MessageText> {
  const { settings } = found.pool.doc
  const isInvitation = asked.kind === 'invitation'
  const response = await runTrigger(call, found, 'CustomMessage', {
    source: SOURCES[asked.kind],
    userName: asked.user.username,
    clientId: asked.clientId,
    traceId: asked.traceId,
    request: {
      userAttributes: attributesInEvent(asked.user),
      codeParameter: CODE,
      linkParameter: '{##Click Here##}',
      usernameParameter: isInvitation ? USERNAME : null,
      clientMetadata: asked.clientMetadata ?? null,
    },
    response: { smsMessage: null, emailMessage: null, emailSubject: null },
  })
  const standard = templateOf(settings, asked)
  const custom = textOf(response, asked.medium === 'SMS' ? 'smsMessage' : 'emailMessage')
  if (custom !== undefined && !custom.includes(CODE) && !(asked.link && custom.search(LINK) >= 0)) {
    throw invalidResponse('Unrecognizable lambda output: the message does not contain the code parameter')
  }
  return {
    subject: filledIn(textOf(response, 'emailSubject') ?? standard.subject, asked, text => text),
    body: filledIn(custom ?? standard.body, asked, asked.medium === 'EMAIL' ? escapeHtml : text => text),
  }
}

/** In one pass, so that nothing of what is filled in is filled in itself. */
function filledIn(
  template: string,
  { secret, username, link }: MessageAsked,
  escaped: (text: string) => string,
): string {
  return template.replace(/\{####\}|\{username\}|\{##(.*?)##\}/g, (placeholder, label?: string) => {
    if (placeholder === CODE) return escaped(secret)
    if (placeholder === USERNAME) return escaped(username)
    return link === undefined ? (label ?? '') : `<a href="${escapeHtml(link)}">${label}</a>`
  })
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-message-customizations.html */
function templateOf(settings: PoolSettings, { kind, medium, link }: MessageAsked): MessageText {
  const invitation = settings.AdminCreateUserConfig?.InviteMessageTemplate ?? {}
  const verification = settings.VerificationMessageTemplate ?? {}
  if (kind === 'invitation') {
    const standard = `Your username is ${USERNAME} and temporary password is ${CODE}.`
    const own = medium === 'SMS' ? invitation.SMSMessage : invitation.EmailMessage
    return { subject: invitation.EmailSubject ?? 'Your temporary password', body: own ?? standard }
  }
  if (kind === 'authentication') {
    const standard = `Your authentication code is ${CODE}.`
    const own = medium === 'SMS' ? settings.SmsAuthenticationMessage : undefined
    return { subject: 'Your authentication code', body: own ?? standard }
  }
  const standard = `Your ${kind === 'reset' ? 'password reset' : 'verification'} code is ${CODE}.`
  if (medium === 'SMS') {
    return { subject: '', body: verification.SmsMessage ?? settings.SmsVerificationMessage ?? standard }
  }
  if (link !== undefined) {
    return {
      subject: verification.EmailSubjectByLink ?? 'Your verification link',
      body:
        verification.EmailMessageByLink ??
        'Please click the link below to verify your email address. {##Verify Email##}',
    }
  }
  return {
    subject:
      verification.EmailSubject ??
      settings.EmailVerificationSubject ??
      `Your ${kind === 'reset' ? 'password reset' : 'verification'} code`,
    body: verification.EmailMessage ?? settings.EmailVerificationMessage ?? standard,
  }
}

/** Whether a pool lets users confirm their sign-up by a click. */
export const confirmsByLink = ({ VerificationMessageTemplate }: PoolSettings): boolean =>
  VerificationMessageTemplate?.DefaultEmailOption === 'CONFIRM_WITH_LINK'

/** An address as answers show it to somebody who may not know it: `a***@e***`, `+*******1234`. */
export function masked(address: string): string {
  if (address.includes('@')) {
    const [local = '', domain = ''] = address.split('@')
    return `${local.slice(0, 1)}***@${domain.slice(0, 1)}***`
  }
  return `+*******${address.slice(-4)}`
}
