import { toHex } from '#protocols/bytes'
import { type Apdu, apdu, decodeApdu, encodeApdu, type ParsedApdu } from './apdu.ts'
import type { BodyOf } from './service-table.ts'

/** How a client proves itself, as the cipher machine (密码机) made it; or asks the server to. */
export type Proof = BodyOf<'SECURITY-Request'>['verification']

/** An APDU in the plain with a proof around it (明文 + MAC、明文 + RN). */
export function wrapped(inner: Apdu, proof: Proof): Apdu {
  const payload = { kind: 'plain', value: encodeApdu(inner) } as const
  return apdu('SECURITY-Request', 0, { payload, verification: proof })
}

/** An APDU that the cipher machine enciphered (密文 + MAC). */
export function enciphered(cipher: Uint8Array, proof: Proof): Apdu {
  const payload = { kind: 'cipher', value: cipher } as const
  return apdu('SECURITY-Request', 0, { payload, verification: proof })
}

/**
 * The APDU within a security envelope, or the APDU itself where there is none. Null where it is
 * enciphered, or where the envelope brings a DAR in its stead.
 */
export function opened(outer: Apdu): ParsedApdu | null {
  if (outer.service !== 'SECURITY-Request' && outer.service !== 'SECURITY-Response') {
    return { ok: true, apdu: outer }
  }
  const { payload } = outer.body
  return payload.kind === 'plain' ? decodeApdu(payload.value) : null
}

/** What stands beside the APDU in a security envelope, as hex; null where there is none. */
export function proofExtras(outer: Apdu): Readonly<Record<string, string | number>> | null {
  if (outer.service !== 'SECURITY-Request' && outer.service !== 'SECURITY-Response') return null
  const { payload, verification } = outer.body
  const mode = { mode: payload.kind }
  switch (verification?.kind) {
    case undefined:
      return mode
    case 'mac':
      return { ...mode, mac: toHex(verification.value) }
    case 'random':
      return { ...mode, random: toHex(verification.value) }
    case 'randomMac': {
      const { random, mac } = verification.value
      return { ...mode, random: toHex(random), mac: toHex(mac) }
    }
    case 'sid':
      return { ...mode, sid: verification.value.id, attached: toHex(verification.value.attached) }
    case 'sidMac': {
      const { sid, mac } = verification.value
      return { ...mode, sid: sid.id, attached: toHex(sid.attached), mac: toHex(mac) }
    }
  }
}
