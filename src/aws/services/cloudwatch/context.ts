import type { CloudWatch } from '@aws-sdk/client-cloudwatch'
import type { Account } from '../../../lib/account.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Handlers } from '../../wire/service.ts'

export type CloudWatchHandlers = Handlers<CloudWatch, Platform>

export const accountOf = ({ account, region }: Call<Platform>): Account => ({ id: account, region })
