import type { XRay } from '@aws-sdk/client-xray'
import type { Platform } from '../../../platform.ts'
import type { Handlers } from '../../wire/service.ts'

export type XRayHandlers = Handlers<XRay, Platform>
