import { createCipheriv, createDecipheriv } from 'node:crypto'
import { createDlms, type Gcm } from '#protocols/dlms'

const LONG_KEY_BYTES = 32
const algorithmOf = ({ length }: Uint8Array) =>
  length === LONG_KEY_BYTES ? 'aes-256-gcm' : 'aes-128-gcm'
/** All suites of DLMS cut the tag to twelve bytes. */
const TAG_BYTES = 12

/** The cipher of Node. */
export const gcm: Gcm = {
  seal(key, iv, aad, plain) {
    const cipher = createCipheriv(algorithmOf(key), key, iv, { authTagLength: TAG_BYTES })
    cipher.setAAD(aad)
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  },
  open(key, iv, aad, sealed) {
    const split = sealed.length - TAG_BYTES
    if (split < 0) return null
    const decipher = createDecipheriv(algorithmOf(key), key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(aad)
    decipher.setAuthTag(sealed.subarray(split))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, split)), decipher.final()])
    } catch {
      // `final` throws for a wrong tag, and for nothing else.
      return null
    }
  },
}

/** DLMS with the cipher of Node. */
export const dlms = createDlms(gcm)
