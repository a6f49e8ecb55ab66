import type { CognitoHandlers } from '../context.ts'
import type { CognitoParts } from '../parts.ts'

export const signUpOperations = (_parts: CognitoParts) => ({}) satisfies CognitoHandlers
