/** Rounded down, so that only a whole success says 1.0000; null where nothing has ended. */
export function rateOf(part: number, whole: number): string | null {
  if (whole === 0) return null
  const parts = String((BigInt(Math.round(part)) * 10_000n) / BigInt(Math.round(whole)))
  const digits = parts.padStart(5, '0')
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`
}
