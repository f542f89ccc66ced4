import type { Malformed } from '#protocols/model'
import { noAcse } from './acse.ts'
import { type Apdu, parseApdu } from './apdu.ts'
import type { Association } from './association.ts'

type Read =
  | { readonly ok: true; readonly apdu: Apdu }
  | { readonly ok: false; readonly malformed: Malformed }

/** Some servers write wrong lengths into it; that it came is all that matters. */
const RLRE = 0x63
const released: Read = { ok: true, apdu: { kind: 'acse', acse: { ...noAcse, kind: 'rlre' } } }

/** Whoever is on the line could have said it. */
const bare: Read = {
  ok: false,
  malformed: { code: 'dlms.not-ciphered', message: 'plain, where all must be enciphered' },
}

/** An APDU of the meter, deciphered as the association has it. */
export function readWholeApdu(
  bytes: Uint8Array,
  association: Association,
  isEnding: boolean,
): Read {
  const parsed = parseApdu(bytes)
  if (!parsed.ok) return isEnding && bytes[0] === RLRE ? released : parsed
  if (parsed.apdu.kind !== 'ciphered') {
    return association.isCiphered && !isSaidPlainly(parsed.apdu) ? bare : parsed
  }
  const plain = association.reveal(parsed.apdu)
  if (!plain.ok) return { ok: false, malformed: { code: plain.code, message: plain.message } }
  return parseApdu(plain.plain)
}

/** Association, release and exceptions are not enciphered. */
function isSaidPlainly(apdu: Apdu): boolean {
  if (apdu.kind !== 'service') return true
  return apdu.service.kind === 'exception' || apdu.service.kind === 'service-error'
}
