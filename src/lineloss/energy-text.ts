const MICRO = 1_000_000n
const DECIMALS = 6

/** 10^-6 kWh as an exact decimal of kWh, with at least two decimals. */
export function energyText(micro: bigint): string {
  const size = micro < 0n ? -micro : micro
  const fraction = String(size % MICRO)
    .padStart(DECIMALS, '0')
    .replace(/0{1,4}$/, '')
  return `${micro < 0n ? '-' : ''}${size / MICRO}.${fraction}`
}
