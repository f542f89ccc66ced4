import type { OutboxFiles } from './files.ts'
import { decodeHeader, firstNumberOf, HEADER_BYTES } from './header.ts'
import { Ranges } from './ranges.ts'
import { mostRecordsIn, scanRecords } from './records.ts'

/** A file of records whose numbers rise by one. */
export interface Segment {
  readonly name: string
  readonly first: number
  /** That of the last whole record; `first - 1` where there is none. */
  last: number
  bytes: number
  /** When the first record was written. */
  writtenAt: number | null
}

/** What stands in the folder at the start. */
export interface Recovered {
  /** Null where no segment says it. */
  readonly outbox: string | null
  readonly segments: readonly Segment[]
  readonly numbers: Ranges
  /** Behind every number that was ever given. */
  readonly next: number
}

/** Bytes that cannot be read; kept aside under the name of their segment, if the disk lets us. */
export interface Damage {
  readonly segment: string
  readonly at: number
  readonly byteCount: number
  readonly isKept: boolean
}

export type Damaged = (damage: Damage) => void

/** Reads every segment once, and keeps aside what is torn or changed. */
export async function recover(files: OutboxFiles, damaged: Damaged): Promise<Recovered> {
  const segments: Segment[] = []
  const numbers = new Ranges()
  let outbox: string | null = null
  let next = 1
  for (const name of await files.list()) {
    const bytes = await files.read(name)
    const first = firstNumberOf(name)
    const header = decodeHeader(bytes)
    outbox = header?.outbox ?? outbox
    const scanned = scanRecords(bytes, HEADER_BYTES, first)
    const spoilt = header === null ? [{ from: 0, to: Math.min(HEADER_BYTES, bytes.length) }] : []
    for (const { from, to } of [...spoilt, ...scanned.damaged]) {
      const isKept = await keptAside(files, `${name}.${from}`, bytes.subarray(from, to))
      damaged({ segment: name, at: from, byteCount: to - from, isKept })
    }
    for (const { number } of scanned.records) numbers.add(number, number + 1)
    const last = scanned.records.at(-1)?.number ?? first - 1
    const writtenAt = scanned.records[0]?.writtenAt ?? null
    segments.push({ name, first, last, bytes: bytes.length, writtenAt })
    // Whatever stood behind the last whole record had a number too: none is given twice.
    next = Math.max(next, last + 1 + mostRecordsIn(bytesBehind(scanned.damaged, bytes.length)))
  }
  return { outbox, segments, numbers, next }
}

export async function keptAside(
  files: OutboxFiles,
  name: string,
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    await files.keepAside(name, bytes)
    return true
  } catch {
    // A disk without room keeps nobody from going on; the log says that it was not kept.
    return false
  }
}

function bytesBehind(damaged: readonly { from: number; to: number }[], end: number): number {
  const last = damaged.at(-1)
  return last?.to === end ? last.to - last.from : 0
}
