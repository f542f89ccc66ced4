import { toHex } from '#protocols/bytes'
import type { Apdu } from './apdu.ts'
import type { Data } from './value.ts'

/** Passwords in an APDU: of a connection, and those written to the device (4401). */
export function secretsOf({ service, body }: Apdu): readonly Uint8Array[] {
  switch (service) {
    case 'CONNECT-Request':
      return body.mechanism.kind === 'password' ? [body.mechanism.value] : []
    case 'SetRequestNormal':
      return secretSetting(body)
    case 'SetRequestNormalList':
    case 'SetThenGetRequestNormalList':
      return body.settings.flatMap(secretSetting)
    default:
      return []
  }
}

/** A hex text with secrets replaced by `*`, digit by digit. */
export function hidden(hex: string, secrets: readonly Uint8Array[]): string {
  return secrets.reduce((text, secret) => {
    const digits = toHex(secret)
    return digits === '' ? text : text.replaceAll(digits, '*'.repeat(digits.length))
  }, hex)
}

function secretSetting(setting: { readonly object: string; readonly value: Data }) {
  return setting.object.startsWith('4401') ? bytesIn(setting.value) : []
}

function bytesIn(value: Data): readonly Uint8Array[] {
  if (value.type === 'array' || value.type === 'structure') return value.items.flatMap(bytesIn)
  return 'bytes' in value ? [value.bytes] : []
}
