/** RFC 6749, section 5.2; RFC 7009, section 2.2.1; RFC 6750, section 3.1. */
export interface OAuthFault {
  readonly ok: false
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'unauthorized_client'
    | 'unsupported_grant_type'
    | 'unsupported_response_type'
    | 'invalid_scope'
    | 'unsupported_token_type'
    | 'invalid_token'
  readonly description?: string
}

export const fault = (error: OAuthFault['error'], description?: string): OAuthFault => ({
  ok: false,
  error,
  ...(description !== undefined && { description }),
})
