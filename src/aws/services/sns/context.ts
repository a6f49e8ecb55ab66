import type { SNS } from '@aws-sdk/client-sns'
import type { Platform } from '../../../platform.ts'
import type { Handlers } from '../../wire/service.ts'

export type SnsHandlers = Handlers<SNS, Platform>
