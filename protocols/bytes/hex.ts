const digits = '0123456789ABCDEF'
const hexOfByte = Array.from(
  { length: 256 },
  (_, value) => digits.charAt(value >> 4) + digits.charAt(value & 15),
)

/** Two upper-case hex digits of one byte. */
export function hexPair(value: number): string {
  return `${hexOfByte[value & 0xff]}`
}

/** Filled as it is used: most words never are, and whoever decodes one frame should not wait. */
const hexOfWord = new Array<string | undefined>(0x1_0000).fill(undefined)

/** Four upper-case hex digits of two bytes, in one string that is never made again. */
export function hexWord(high: number, low: number): string {
  const word = ((high & 0xff) << 8) | (low & 0xff)
  const known = hexOfWord[word]
  if (known !== undefined) return known
  const made = hexPair(high) + hexPair(low)
  hexOfWord[word] = made
  return made
}

/** Upper-case hex without separators, as the field's tools print frames. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const value of bytes) text += hexOfByte[value]
  return text
}

/**
 * Bytes of a hex text. White space and the separators `: - , ;` between bytes and a leading `0x`
 * are ignored. Undefined when anything else than hex remains or the number of digits is odd.
 */
export function fromHex(text: string): Uint8Array | undefined {
  const compact = text.replaceAll(/0x|[\s:,;-]/gi, '')
  if (compact.length % 2 === 1 || !/^[0-9a-f]*$/i.test(compact)) return undefined
  const bytes = new Uint8Array(compact.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(compact.slice(2 * index, 2 * index + 2), 16)
  }
  return bytes
}
