import type { FunctionCode } from '@aws-sdk/client-lambda'
import { invalidParameter, unsupported } from '../../../functions/control/function-refusals.ts'

/** The package that a request carries. Refuses the places that Weir cannot fetch one from. */
export function receivedZip(code: FunctionCode): Uint8Array {
  const fromBucket = [code.S3Bucket, code.S3Key, code.S3ObjectVersion].some(member => member !== undefined)
  if (code.ImageUri !== undefined) {
    throw invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.")
  }
  if (code.ZipFile !== undefined && fromBucket) {
    throw invalidParameter('Please do not provide other FunctionCode parameters when providing a ZipFile.')
  }
  if (fromBucket) throw unsupported('code from S3 buckets yet; send the package itself as ZipFile')
  if (code.ZipFile === undefined) throw invalidParameter('Please provide a source for function code.')
  return code.ZipFile
}
