import type { Program } from '../program.ts'
import { AWS } from './aws.ts'
import { CRYPTOGRAPHY } from './cryptography.ts'
import { DATA_FORMATS } from './data-formats.ts'
import { DATABASES } from './databases.ts'
import { HTTP_CLIENTS } from './http-clients.ts'
import { LANGUAGE } from './language.ts'
import { WEB_FRAMEWORKS } from './web-frameworks.ts'

export const PROGRAMS: readonly (readonly [theme: string, programs: readonly Program[]])[] = [
  ['AWS', AWS],
  ['Web frameworks', WEB_FRAMEWORKS],
  ['HTTP and network clients', HTTP_CLIENTS],
  ['Databases', DATABASES],
  ['Formats, templates, validation', DATA_FORMATS],
  ['Language, time, logging', LANGUAGE],
  ['Cryptography, images', CRYPTOGRAPHY],
]
