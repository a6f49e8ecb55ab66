/** A policy of these statements, which allow unless they say otherwise, as clients send it. */
export const policy = (...Statement: object[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: Statement.map(statement => ({ Effect: 'Allow', ...statement })),
  })

export const allow = (
  Action: string | string[],
  Resource: string | string[] = '*',
  more: object = {},
): string => policy({ Action, Resource, ...more })

/** That of a role which somebody may assume. */
export const trust = (Principal: object, more: object = {}): string =>
  policy({ Principal, Action: 'sts:AssumeRole', ...more })
