import { fromHex, toHex } from '#protocols/bytes'

// Worked by hand from DL/T 645-2007 §5 and §7: address 112233445566, 1.8.0 is 4821.37 kWh.
export const answer = '68665544332211689108333334336A547B330716'
// The same with one byte of the value changed on the line.
export const damaged = '68665544332211689108333334336A548E330716'
// Refusal D1 with error byte 02H, no such data (§7.2.3).
export const refusal = summed('6866554433221168D10135')
// 13H with the wildcard, the most published frame there is.
export const whoIsThere = '68AAAAAAAAAAAA681300DF16'
// MODBUS over Serial Line V1.02, the specification's own example of a read of holding registers.
export const modbusRequest = '01030000000AC5CD'

/** With the checksum put right, for frames whose sum is not written down above. */
export function summed(hex: string): string {
  const bytes = fromHex(hex) ?? new Uint8Array(0)
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0)
  return `${hex}${toHex(Uint8Array.of(sum))}16`
}
