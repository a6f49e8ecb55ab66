import type { CodeDeploy } from '@aws-sdk/client-codedeploy'
import type { Platform } from '../../../platform.ts'
import type { Handlers } from '../../wire/service.ts'

export type CodeDeployHandlers = Handlers<CodeDeploy, Platform>
