import type { RestApiDefinition } from '../openapi/definition.ts'
import { clientMethods } from './javascript-methods.ts'

export interface ClientOptions {
  /** Where the stage is, without a slash at the end. */
  readonly invokeUrl: string
  readonly region: string
  readonly stage: string
}

/** The files of a client for browsers and Node by name. It needs nothing but `fetch` and Web Crypto. */
export function javascriptClient(
  definition: RestApiDefinition,
  options: ClientOptions,
): Record<string, string> {
  const methods = clientMethods(definition)
  const api = { invokeUrl: options.invokeUrl, region: options.region, methods }
  return {
    'apiGateway-js-sdk/apigClient.js': RUNTIME.replace('/* api */ {}', () => scriptJson(api)),
    'apiGateway-js-sdk/package.json': `${JSON.stringify({ name: 'apig-client', private: true, main: 'apigClient.js' }, null, 2)}\n`,
    'apiGateway-js-sdk/README.md': readme(definition, options, Object.keys(methods)),
  }
}

/** JSON that is JavaScript of every age, also within a page. */
const scriptJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[\u2028\u2029<]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const readme = (
  { name = 'API' }: RestApiDefinition,
  { stage }: ClientOptions,
  methods: readonly string[],
): string => `# ${oneLine(name)}, stage ${stage}

In a page:

    <script src="apigClient.js"></script>

In Node: \`const apigClientFactory = require('./apigClient.js')\`

    const client = apigClientFactory.newClient({
      apiKey: '...',                        // for methods that need an API key
      accessKey: '...', secretKey: '...',   // for methods that need a signature, with sessionToken for roles
      region: '...', invokeUrl: '...',      // to call the API at another address
    })
    const { status, headers, data } = await client.${methods[0] ?? 'rootGet'}(params, body, { headers, queryParams })

\`params\` has path parameters, query parameters and headers by name. An answer that is not a success rejects with an
error whose \`response\` it is. Data that says it is JSON is parsed.

## Methods

${methods.map(method => `- \`${method}\``).join('\n')}
`

const oneLine = (text: string): string => text.replace(/\s+/g, ' ')

/** Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
const RUNTIME = String.raw`/* A client of one stage of an API. It needs fetch and Web Crypto, which browsers and Node have. */
;(function (root, factory) {
  if (typeof module === 'object' && module.exports) module.exports = factory()
  else root.apigClientFactory = factory()
})(typeof self === 'object' ? self : this, function () {
  'use strict'

  const api = /* api */ {}

  const own = (object, name) =>
    object !== undefined && object !== null && Object.prototype.hasOwnProperty.call(object, name)
      ? object[name]
      : undefined

  const encode = text =>
    encodeURIComponent(text).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase())

  const bytes = text => new TextEncoder().encode(text)
  const hex = buffer => Array.from(new Uint8Array(buffer), b => b.toString(16).padStart(2, '0')).join('')
  const sha256 = async data => hex(await crypto.subtle.digest('SHA-256', data))

  async function hmac(key, text) {
    const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return new Uint8Array(await crypto.subtle.sign('HMAC', imported, bytes(text)))
  }

  async function sign(config, method, url, headers, body) {
    const time = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '')
    const scope = [time.slice(0, 8), config.region, 'execute-api', 'aws4_request']
    headers['x-amz-date'] = time
    if (config.sessionToken) headers['x-amz-security-token'] = config.sessionToken
    const signed = Object.assign({ host: url.host }, headers)
    const names = Object.keys(signed).sort()
    const canonical = [
      method,
      // Escaped once more than it is sent, and without empty parts.
      url.pathname.split('/').map(encode).join('/').replace(/\/{2,}/g, '/'),
      url.search.slice(1),
      names.map(name => name + ':' + String(signed[name]).trim().replace(/\s+/g, ' ') + '\n').join(''),
      names.join(';'),
      await sha256(body),
    ].join('\n')
    let key = bytes('AWS4' + config.secretKey)
    for (const part of scope) key = await hmac(key, part)
    const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), await sha256(bytes(canonical))].join('\n')
    headers.authorization =
      'AWS4-HMAC-SHA256 Credential=' + config.accessKey + '/' + scope.join('/') +
      ', SignedHeaders=' + names.join(';') + ', Signature=' + hex(await hmac(key, text))
  }

  function queryOf(pairs) {
    const query = []
    for (const [name, value] of pairs) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined && one !== null) query.push([encode(name), encode(String(one))])
      }
    }
    // In the order in which signatures have it: by name, then by value.
    const before = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
    return query
      .sort((a, b) => before(a[0], b[0]) || before(a[1], b[1]))
      .map(pair => pair.join('='))
      .join('&')
  }

  const isEmpty = body => body === undefined || body === null || body === ''
  const isBytes = body => body instanceof ArrayBuffer || ArrayBuffer.isView(body)

  function bodyOf(body, type) {
    if (isEmpty(body)) return new Uint8Array()
    if (isBytes(body)) return body
    return bytes(typeof body === 'string' && !/[/+]json\b/.test(type) ? body : JSON.stringify(body))
  }

  async function call(config, name, params, body, additional) {
    const spec = api.methods[name]
    for (const each of spec.required) {
      const value = own(params, each)
      if (value === undefined || value === null || value === '') {
        throw new Error('Missing required parameter ' + each + ' of ' + name)
      }
    }
    for (const each of spec.pathParams) {
      if (String(own(params, each)).split('/').some(part => part === '.' || part === '..')) {
        throw new Error('The parameter ' + each + ' of ' + name + ' would lead to another path')
      }
    }
    const path = spec.path.replace(/\{([^}+]+)(\+?)\}/g, (_, variable, greedy) =>
      greedy
        ? String(own(params, variable)).split('/').map(encode).join('/')
        : encode(String(own(params, variable))))
    const query = queryOf(
      spec.queryParams
        .map(each => [each, own(params, each)])
        .concat(Object.entries((additional && additional.queryParams) || {})))
    const url = new URL(config.invokeUrl + path + (query ? '?' + query : ''))
    const headers = { accept: config.defaultAcceptType }
    for (const each of spec.headerParams) {
      const value = own(params, each)
      if (value !== undefined && value !== null) headers[each.toLowerCase()] = String(value)
    }
    for (const [header, value] of Object.entries((additional && additional.headers) || {})) {
      headers[header.toLowerCase()] = String(value)
    }
    if (config.apiKey) headers['x-api-key'] = config.apiKey
    const hasBody = !isEmpty(body) && spec.method !== 'GET' && spec.method !== 'HEAD'
    if (hasBody && !headers['content-type']) headers['content-type'] = config.defaultContentType
    const content = hasBody ? bodyOf(body, headers['content-type']) : new Uint8Array()
    if (spec.isSigned && config.accessKey && config.secretKey) {
      await sign(config, spec.method, url, headers, content)
    }
    const answer = await config.fetch(url.href, {
      method: spec.method,
      headers,
      body: hasBody ? content : undefined,
    })
    return read(answer)
  }

  async function read(answer) {
    const headers = Object.fromEntries(answer.headers)
    let data = await answer.text()
    if (/[/+]json\b/.test(headers['content-type'] || '') && data !== '') {
      try {
        data = JSON.parse(data)
      } catch (_) {
        // It says that it is JSON and is not: its text is all there is.
      }
    }
    const response = { status: answer.status, statusText: answer.statusText, headers, data }
    if (answer.ok) return response
    throw Object.assign(new Error('Request failed with status code ' + answer.status), { response })
  }

  return {
    newClient(config) {
      const complete = Object.assign(
        {
          invokeUrl: api.invokeUrl,
          region: api.region,
          apiKey: '',
          accessKey: '',
          secretKey: '',
          sessionToken: '',
          defaultContentType: 'application/json',
          defaultAcceptType: 'application/json',
          fetch: (url, init) => fetch(url, init),
        },
        config)
      complete.invokeUrl = complete.invokeUrl.replace(/\/+$/, '')
      const client = {}
      for (const name of Object.keys(api.methods)) {
        client[name] = (params, body, additionalParams) => call(complete, name, params, body, additionalParams)
      }
      return client
    },
  }
})
`
