import type { PasswordPolicyType } from '@aws-sdk/client-cognito-identity-provider'
import { Refusal } from '../../../lib/refusal.ts'
import { PASSWORD_POLICY } from '../pool-defaults.ts'
import type { PoolSettings } from '../pool-records.ts'

/** Characters, and what they are like, of every password that an operation takes: `PasswordType` of the model. */
const LONGEST = 256
const FORM = /^\S+.*\S+$/

/** What counts as a symbol; a blank does so between other characters. */
const SYMBOL = /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|(?<=\S) +(?=\S)/

const RULES: ReadonlyArray<{
  readonly asked: (policy: PasswordPolicyType) => boolean | undefined
  readonly met: RegExp
  readonly sentence: string
}> = [
  {
    asked: policy => policy.RequireUppercase,
    met: /[A-Z]/,
    sentence: 'Password must have uppercase characters',
  },
  {
    asked: policy => policy.RequireLowercase,
    met: /[a-z]/,
    sentence: 'Password must have lowercase characters',
  },
  { asked: policy => policy.RequireNumbers, met: /[0-9]/, sentence: 'Password must have numeric characters' },
  { asked: policy => policy.RequireSymbols, met: SYMBOL, sentence: 'Password must have symbol characters' },
]

export const passwordPolicyOf = ({ Policies }: PoolSettings): PasswordPolicyType =>
  Policies?.PasswordPolicy ?? PASSWORD_POLICY

/**
 * Why a pool does not take a password; undefined if it does.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
 */
export function passwordFault(policy: PasswordPolicyType, password: string): string | undefined {
  const least = policy.MinimumLength ?? PASSWORD_POLICY.MinimumLength
  if ([...password].length < least) return 'Password did not conform with policy: Password not long enough'
  // Operations' own members are held to the model before; what answers a challenge is not.
  if (password.length > LONGEST) return 'Password did not conform with policy: Password too long'
  if (!FORM.test(password))
    return 'Password did not conform with policy: Password has a blank where none may be'
  const broken = RULES.find(({ asked, met }) => asked(policy) && !met.test(password))
  return broken && `Password did not conform with policy: ${broken.sentence}`
}

/** Throws a refusal for a password that a pool does not take. */
export function requirePolicy(settings: PoolSettings, password: string): void {
  const fault = passwordFault(passwordPolicyOf(settings), password)
  if (fault !== undefined) throw new Refusal('InvalidPasswordException', fault)
}

const LETTERS = {
  lower: 'abcdefghijkmnopqrstuvwxyz',
  upper: 'ABCDEFGHJKLMNPQRSTUVWXYZ',
  digit: '23456789',
  symbol: '!@#%*-_=+?',
}

/**
 * A temporary password that every policy of this length takes: at least one character of each sort, in any order. It
 * leaves out what is easily misread.
 *
 * @param below uniform integers in [0, n), that nobody can foretell
 */
export function temporaryPassword(policy: PasswordPolicyType, below: (n: number) => number): string {
  const length = Math.max(12, policy.MinimumLength ?? 0)
  const draw = (letters: string) => letters[below(letters.length)]!
  const all = Object.values(LETTERS).join('')
  const characters = Object.values(LETTERS).map(draw)
  while (characters.length < length) characters.push(draw(all))
  for (let last = characters.length - 1; last > 0; last--) {
    const other = below(last + 1)
    ;[characters[last], characters[other]] = [characters[other]!, characters[last]!]
  }
  return characters.join('')
}
