import { toHex } from '#protocols/bytes'
import { type Reading, type Stamp, valueText } from '#protocols/model'
import type { Explained } from './frames.ts'
import { renderTable } from './table.ts'

/** Says when a device's time stamp was, in ISO 8601 with offset; null for an impossible date. */
export type StampText = (stamp: Stamp) => string | null

const PART_BYTES_PER_LINE = 12

/** The contract's keys of one frame, all of them, and the protocol's own after them. */
export function frameJson(frame: Explained, stampText: StampText): Record<string, unknown> {
  return {
    protocol: frame.protocol,
    valid: frame.valid,
    raw: toHex(frame.raw),
    direction: frame.direction,
    address: frame.address,
    function: frame.function,
    control: frame.control,
    dataId: frame.dataId,
    more: frame.more,
    readings: frame.readings.map((reading) => readingJson(reading, stampText)),
    error: frame.error,
    ...frame.extras,
    ...(frame.carried ? { carried: frame.carried.map((one) => frameJson(one, stampText)) } : {}),
  }
}

/** One reading as `decode --json` prints it; a value that is missing says why in `flag`. */
export function readingJson(reading: Reading, stampText: StampText): Record<string, unknown> {
  return {
    register: reading.item,
    name: reading.name,
    value: valueText(reading.value),
    unit: reading.unit,
    at: reading.at === null ? null : stampText(reading.at),
    ...(reading.value.kind === 'missing' ? { flag: reading.value.flag } : {}),
    ...(reading.item === null ? { dataId: reading.dataId } : {}),
  }
}

/** A frame for people: its bytes from left to right, then what they say. */
export async function frameText(frame: Explained, stampText: StampText): Promise<string> {
  const head = [
    frame.protocol ?? 'unknown protocol',
    frame.direction,
    frame.address === null ? null : `address ${frame.address}`,
    frame.function,
    frame.valid ? null : 'DAMAGED',
  ]
  const lines = [`${head.filter((part) => part !== null).join(', ')}\n`, partsText(frame)]
  if (frame.readings.length > 0) {
    lines.push(await readingsText(frame.readings, stampText, '  '))
  }
  if (frame.error !== null) {
    const kind = frame.valid ? 'refused' : 'error'
    lines.push(`  ${kind}: ${frame.error.message} [${frame.error.code}]\n`)
  }
  for (const carried of frame.carried ?? []) {
    const text = `carries ${await frameText(carried, stampText)}`
    lines.push(text.replaceAll(/^(?=.)/gm, '  '))
  }
  return lines.join('')
}

function partsText(frame: Explained): string {
  if (frame.parts.length === 0) return `  ${spaced(frame.raw)}\n`
  const rows = frame.parts.flatMap((part) => {
    const range = part.to - part.from > 1 ? `${part.from}-${part.to - 1}` : `${part.from}`
    const bytes = frame.raw.subarray(part.from, part.to)
    const chunks: string[] = []
    for (let from = 0; from < bytes.length; from += PART_BYTES_PER_LINE) {
      chunks.push(spaced(bytes.subarray(from, from + PART_BYTES_PER_LINE)))
    }
    return (chunks.length === 0 ? [''] : chunks).map((hex, index) =>
      index === 0 ? ([range, hex, part.text] as const) : (['', hex, ''] as const),
    )
  })
  const rangeWidth = Math.max(...rows.map(([range]) => range.length))
  const hexWidth = Math.max(...rows.map(([, hex]) => hex.length))
  return rows
    .map(([range, hex, text]) =>
      `  ${range.padStart(rangeWidth)}  ${hex.padEnd(hexWidth)}  ${text}`.trimEnd().concat('\n'),
    )
    .join('')
}

/** The columns of a table of readings. */
export const readingColumns = [
  { title: 'REGISTER' },
  { title: 'NAME' },
  { title: 'VALUE', align: 'right' },
  { title: 'UNIT' },
  { title: 'AT' },
] as const

/** Readings as an aligned table. */
async function readingsText(
  readings: readonly Reading[],
  stampText: StampText,
  indent: string,
): Promise<string> {
  const text = await renderTable(
    readingColumns,
    readings.map((reading) => readingRow(reading, stampText)),
  )
  return text.replaceAll(/^(?=.)/gm, indent)
}

/** The cells of a reading: register, name, value, unit, time. */
export function readingRow(reading: Reading, stampText: StampText): string[] {
  const shown =
    reading.value.kind === 'missing' ? `(${reading.value.flag})` : (valueText(reading.value) ?? '')
  const at = reading.at === null ? '' : (stampText(reading.at) ?? '(impossible date)')
  return [reading.item ?? reading.dataId, reading.name, shown, reading.unit, at]
}

/** `68 66 55`: bytes as people read them. */
export function spaced(bytes: Uint8Array): string {
  return toHex(bytes).replaceAll(/..(?=.)/g, '$& ')
}
