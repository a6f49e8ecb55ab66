import type { CognitoHandlers } from '../context.ts'
import type { CognitoParts } from '../parts.ts'

export const adminUserOperations = (_parts: CognitoParts) => ({}) satisfies CognitoHandlers
