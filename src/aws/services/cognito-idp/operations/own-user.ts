import type { CognitoHandlers } from '../context.ts'
import type { CognitoParts } from '../parts.ts'

export const ownUserOperations = (_parts: CognitoParts) => ({}) satisfies CognitoHandlers
