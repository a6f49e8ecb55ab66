import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import type { Platform } from '../../../platform.ts'
import type { Handlers } from '../../wire/service.ts'

export type LogsHandlers = Handlers<CloudWatchLogs, Platform>
