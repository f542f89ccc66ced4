/** Devices of a file, and the line that each stands in, counted from 1. */
export interface ListedDevices {
  readonly devices: readonly string[]
  readonly lines: readonly number[]
}

/**
 * A plain list of addresses, or CSV with a column `address` (地址); without a heading the first
 * column. Empty lines and those that begin with # are passed over.
 */
export function devicesOf(text: string): ListedDevices {
  const devices: string[] = []
  const lines: number[] = []
  let column: number | null = null
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
    if (column === null) {
      const heading = cells.findIndex((cell) => /^(address|meter|地址|表号)$/i.test(cell))
      column = Math.max(0, heading)
      if (heading >= 0) continue
    }
    devices.push(cells[column] ?? '')
    lines.push(index + 1)
  }
  return { devices, lines }
}
