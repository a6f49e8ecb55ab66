import type { Program } from '../program.ts'

export const CRYPTOGRAPHY = [
  {
    package: 'bcryptjs',
    exercised: 'a password hashed and compared',
    source: `const bcrypt = require('bcryptjs')
exports.handler = async ({ who }) => { const hash = await bcrypt.hash(who, 4); return [hash.startsWith('$2b$04$'), await bcrypt.compare(who, hash), await bcrypt.compare('x', hash)] }`,
    expected: () => [true, true, false],
  },
  {
    package: 'crypto-js',
    exercised: 'a hash, a MAC, a cipher both ways',
    source: `const CryptoJS = require('crypto-js')
exports.handler = async ({ who }) => [CryptoJS.SHA256('x').toString(), CryptoJS.HmacSHA1(who, 'key').toString().length, CryptoJS.AES.decrypt(CryptoJS.AES.encrypt(who, 'secret').toString(), 'secret').toString(CryptoJS.enc.Utf8)]`,
    expected: ({ who }) => ['2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', 40, who],
  },
  {
    package: 'jose',
    exercised: 'a signed token verified, an encrypted one decrypted',
    esm: true,
    source: `import { EncryptJWT, SignJWT, generateKeyPair, jwtDecrypt, jwtVerify } from 'jose'
const { publicKey, privateKey } = await generateKeyPair('ES256')
const secret = crypto.getRandomValues(new Uint8Array(32))
export const handler = async ({ who }) => {
  const signed = await new SignJWT({ who }).setProtectedHeader({ alg: 'ES256' }).setExpirationTime('1h').sign(privateKey)
  const encrypted = await new EncryptJWT({ who }).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(secret)
  return [(await jwtVerify(signed, publicKey)).payload.who, (await jwtDecrypt(encrypted, secret)).payload.who, await jwtVerify(signed + 'x', publicKey).catch(error => error.code)]
}`,
    expected: ({ who }) => [who, who, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  },
  {
    package: 'jsonwebtoken',
    exercised: 'tokens signed with a secret and with an RSA key, and an expired one',
    source: `const jwt = require('jsonwebtoken'), { generateKeyPairSync } = require('crypto')
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
exports.handler = async ({ who }) => {
  const plain = jwt.verify(jwt.sign({ who }, 'secret', { expiresIn: '1h' }), 'secret').who
  const rsa = jwt.verify(jwt.sign({ who }, privateKey, { algorithm: 'RS256' }), publicKey).who
  let expired
  try { jwt.verify(jwt.sign({ exp: 1 }, 'secret'), 'secret') } catch (error) { expired = error.name }
  return [plain, rsa, expired]
}`,
    expected: ({ who }) => [who, who, 'TokenExpiredError'],
  },
  {
    package: 'sharp',
    exercised: 'an image resized',
    source: `const sharp = require('sharp')
exports.handler = async () => (await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).resize(4).png().toBuffer()).length`,
    fails: {
      message:
        /\/var\/task\/node_modules\/@img\/sharp-linux-x64\/\S+\.node is a native addon: functions run in an isolate, which cannot load machine code/,
      because: 'a native addon: an isolate cannot load machine code',
    },
  },
] as const satisfies readonly Program[]
