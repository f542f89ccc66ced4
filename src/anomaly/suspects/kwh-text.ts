/** 10^-6 kWh with two decimals. */
export function kWhText(micro: bigint): string {
  const hundredths = (micro < 0n ? -micro : micro) / 10_000n
  const digits = hundredths.toString().padStart(3, '0')
  return `${micro < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
