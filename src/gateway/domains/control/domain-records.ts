import { kind } from '../../../records/records.ts'

/** A custom domain name. Id: the name, in lower case, unique in all of Weir: a host says no account and no region. */
export interface DomainNameRecord {
  /** Tells the name from one of the same spelling that was deleted before. */
  readonly uid: string
  readonly endpointConfiguration: { readonly types: readonly string[]; readonly ipAddressType: string }
  readonly certificateName?: string
  readonly certificateArn?: string
  /** Epoch seconds. */
  readonly certificateUploadDate?: number
  readonly regionalCertificateName?: string
  readonly regionalCertificateArn?: string
  readonly securityPolicy: string
  readonly endpointAccessMode?: string
  readonly routingMode: string
  readonly tags?: Readonly<Record<string, string>>
}

/** What stands behind a base path. Parent: the domain name. Id: the base path, or {@link NO_BASE_PATH}. */
export interface BasePathMappingRecord {
  readonly restApiId: string
  /** Absent: callers name the stage behind the base path. */
  readonly stage?: string
}

/** How API Gateway writes the empty base path. */
export const NO_BASE_PATH = '(none)'

export const domainNames = kind<DomainNameRecord>('apigateway.domain-name')
export const basePathMappings = kind<BasePathMappingRecord>('apigateway.base-path-mapping')

/** Kind of publication that keeps the DomainRouter up to date. Id: {@link domainPublication}. */
export const DOMAIN_PUBLICATION = 'domain-name'

/**
 * Every time that a name is taken is a pointer of its own, so that its generations begin at the clock's and are above
 * all that were published for whoever had the name before, in whatever account.
 */
export const domainPublication = (name: string, { uid }: Pick<DomainNameRecord, 'uid'>): string =>
  `${name}#${uid}`

/** The name and the uid of {@link domainPublication}. */
export function readDomainPublication(id: string): { name: string; uid: string } {
  const [name = '', uid = ''] = id.split('#')
  return { name, uid }
}
