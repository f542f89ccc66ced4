import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Gcm } from '#protocols/dlms'

const TAG_BYTES = 12
const algorithmOf = ({ length }: Uint8Array) => (length === 32 ? 'aes-256-gcm' : 'aes-128-gcm')

/** AES-GCM with a tag of twelve bytes, as the product would hand it in. */
export const gcm: Gcm = {
  seal(key, iv, aad, plain) {
    const cipher = createCipheriv(algorithmOf(key), key, iv, { authTagLength: TAG_BYTES })
    cipher.setAAD(aad)
    return new Uint8Array(
      Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
    )
  },
  open(key, iv, aad, sealed) {
    const at = sealed.length - TAG_BYTES
    if (at < 0) return null
    const decipher = createDecipheriv(algorithmOf(key), key, iv, { authTagLength: TAG_BYTES })
    decipher.setAAD(aad)
    decipher.setAuthTag(sealed.subarray(at))
    const plain = decipher.update(sealed.subarray(0, at))
    try {
      return new Uint8Array(Buffer.concat([plain, decipher.final()]))
    } catch {
      // A wrong tag is an expected outcome, not a fault of the program.
      return null
    }
  },
}
