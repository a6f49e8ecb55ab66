/** What a request may have for its method, in the order in which AWS lists them; `ANY` stands for all of them. */
export const HTTP_METHODS: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']
