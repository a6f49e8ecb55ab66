import type { KeyMetadata } from '@aws-sdk/client-kms'
import { type KeyPlace, type KmsKeyRecord, keyArn } from '../../../encryption/kms/key-records.ts'

/** A key as DescribeKey answers it. */
export const describeKey = (place: KeyPlace, key: KmsKeyRecord): KeyMetadata => ({
  AWSAccountId: place.account.id,
  KeyId: place.id,
  Arn: keyArn(place),
  CreationDate: new Date(key.created),
  Enabled: key.state === 'Enabled',
  Description: key.description,
  KeyUsage: 'ENCRYPT_DECRYPT',
  KeyState: key.state,
  DeletionDate: key.deletion === undefined ? undefined : new Date(key.deletion),
  Origin: 'AWS_KMS',
  KeyManager: key.manager,
  CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
  KeySpec: 'SYMMETRIC_DEFAULT',
  EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
  MultiRegion: false,
  CurrentKeyMaterialId: key.current,
})
