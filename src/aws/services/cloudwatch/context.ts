import type { CloudWatch } from '@aws-sdk/client-cloudwatch'
import type { Platform } from '../../../platform.ts'
import type { Handlers } from '../../wire/service.ts'

export type CloudWatchHandlers = Handlers<CloudWatch, Platform>
