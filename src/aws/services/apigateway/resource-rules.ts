import type { Obstacle } from '../../../gateway/control/resource-tree.ts'

// Sentences, not checks: an import collects them by the hundred thousand, and refusals are dear to make.

export const BAD_PATH_PART =
  "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end."

export const wordObstacle = ({ kind, part }: Obstacle): string => OBSTACLES[kind](part)

const OBSTACLES: Readonly<Record<Obstacle['kind'], (part: string) => string>> = {
  'greedy-parent': part => `Cannot create a child of a resource with a greedy path variable: ${part}`,
  'same-name': part => `Another resource with the same parent already has this name: ${part}`,
  'second-variable': part =>
    `A sibling (${part}) of this resource already has a variable path part -- only one is allowed`,
}
