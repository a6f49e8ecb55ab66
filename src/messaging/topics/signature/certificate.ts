import { toBase64 } from '../../../lib/base64.ts'
import { bitString, integer, nothing, objectIdentifier, sequence, setOf, text, utcTime } from './der.ts'

const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const COMMON_NAME = '2.5.4.3'

interface CertificateSubject {
  readonly name: string
  /** Up to 20 bytes that no other certificate has. */
  readonly serial: Uint8Array
  /** Epoch milliseconds. */
  readonly from: number
  readonly to: number
}

/**
 * A certificate of a pair of keys that vouches for itself: verifiers take the key out of it, having fetched it from where
 * they trust. RFC 5280, version 1, which has no extensions.
 *
 * @param pair for RSASSA-PKCS1-v1_5 with SHA-256
 * @returns PEM
 */
export async function selfSignedCertificate(
  pair: CryptoKeyPair,
  { name, serial, from, to }: CertificateSubject,
): Promise<string> {
  const algorithm = sequence(objectIdentifier(SHA256_WITH_RSA), nothing())
  const subject = sequence(setOf(sequence(objectIdentifier(COMMON_NAME), text(name))))
  const publicKey = new Uint8Array((await crypto.subtle.exportKey('spki', pair.publicKey)) as ArrayBuffer)
  const validity = sequence(utcTime(from), utcTime(to))
  const signed = sequence(integer(serial), algorithm, subject, validity, subject, publicKey)
  const signature = new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', pair.privateKey, signed))
  return pem(sequence(signed, algorithm, bitString(signature)))
}

/** RFC 7468: lines of 64 characters. */
function pem(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
