import type { Account } from '../../lib/account.ts'
import type { Cors } from '../../lib/cors.ts'

/** The document of a UrlRouter object, whose name is the URL's id. */
export interface FunctionUrlPointer {
  readonly schema: 1
  readonly account: Account
  /** The function's. */
  readonly name: string
  /** The alias that the URL leads to; absent: `$LATEST` called without a qualifier. */
  readonly qualifier?: string
  readonly authType: AuthType
  readonly invokeMode: InvokeMode
  readonly cors?: Cors
}

export type AuthType = 'NONE' | 'AWS_IAM'

/** `BUFFERED`: an answer is sent once it is whole. `RESPONSE_STREAM`: as the function writes it. */
export type InvokeMode = 'BUFFERED' | 'RESPONSE_STREAM'

/** https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html */
export type { Cors }
