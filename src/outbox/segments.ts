import { randomBytes, randomUUID } from 'node:crypto'
import { type Duration, milliseconds, seconds, sleep } from '#src/core'
import type { GrowingFile } from './files.ts'
import { encodeHeader, HEADER_BYTES, segmentName } from './header.ts'
import type { Ranges, Stretch } from './ranges.ts'
import { encodeRecords, type OutboxRecord, recordBytes, scanRecords } from './records.ts'
import { keptAside, recover, type Segment } from './recover.ts'
import type { SegmentsOptions } from './segment-types.ts'

/** Large enough that few files come and go, small enough to be read at once. */
const SEGMENT_BYTES_MAX = 8 * 2 ** 20
/** Of the whole outbox, so that space comes back bit by bit. */
const SEGMENT_SHARE = 8
/** What one write takes. */
const GROUP_BYTES_MAX = 2 ** 20
/** How long a lone record waits for company before it is synced: nobody waits for a poll. */
const LINGER: Duration = milliseconds(200)
/** The same where a device or a person waits. */
const LINGER_URGENT: Duration = milliseconds(3)
const RETRY_FIRST: Duration = milliseconds(500)
const RETRY_MAX: Duration = seconds(15)

interface Waiting extends Omit<OutboxRecord, 'number'> {
  readonly isUrgent: boolean
  readonly durable: (record: OutboxRecord) => void
}

/** Numbered records in files, each told of once it survives a power loss; many share one sync. */
export class Segments {
  /** Names this outbox in the database. */
  readonly outbox: string
  /** The numbers of records that are durable and not released. */
  readonly pending: Ranges
  readonly #options: SegmentsOptions
  readonly #segmentBytesMax: number
  readonly #stop = new AbortController()
  #segments: Segment[]
  #next: number
  #current: { readonly file: GrowingFile; readonly segment: Segment } | null = null
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #urgent = new AbortController()
  #running: Promise<void> | null = null
  #removing: Promise<void> | null = null
  #freed: (() => void)[] = []
  #trouble: string | null = null
  #syncs = 0

  static async open(options: SegmentsOptions): Promise<Segments> {
    const found = await recover(options.files, options.told.damaged)
    return new Segments(options, found)
  }

  private constructor(options: SegmentsOptions, found: Awaited<ReturnType<typeof recover>>) {
    this.#options = options
    this.outbox = found.outbox ?? randomUUID()
    this.pending = found.numbers
    this.#segments = [...found.segments]
    this.#next = found.next
    this.#segmentBytesMax = Math.min(SEGMENT_BYTES_MAX, options.bytesMax / SEGMENT_SHARE)
  }

  /** On the disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Appended and not yet durable. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  get syncs(): number {
    return this.#syncs
  }

  /** Why nothing is acknowledged now; null where all is well. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** `durable` is called once the record survives a power loss: never before. */
  append(payload: Uint8Array, isUrgent: boolean, durable: (record: OutboxRecord) => void): void {
    const writtenAt = this.#options.clock.now()
    this.#waiting.push({ payload, writtenAt, isUrgent, durable })
    this.#waitingBytes += recordBytes(payload)
    const isEnough = isUrgent || this.#waitingBytes >= GROUP_BYTES_MAX
    // Each abort makes an error of its own, also the second: that costs more than all the rest.
    if (isEnough && !this.#urgent.signal.aborted) this.#urgent.abort()
    this.#running ??= this.#run()
  }

  /** Resolves when everything appended is durable, or the segments were closed. */
  async settled(): Promise<void> {
    this.#urgent.abort()
    while (this.#running) await this.#running
  }

  /** When the oldest pending record was written, about: as its segment began. */
  get oldest(): number | null {
    return this.#segments.find((segment) => this.#isPending(segment))?.writtenAt ?? null
  }

  /** The whole records of the segment that holds a number, from it on; none if it is lost. */
  async read(number: number): Promise<readonly OutboxRecord[]> {
    const holding = this.#segments.filter(({ first, last }) => first <= number && number <= last)
    for (const { name, first, last } of holding.toReversed()) {
      const bytes = await this.#options.files.read(name)
      const { records } = scanRecords(bytes, HEADER_BYTES, first)
      const own = records.filter((record) => record.number >= number && record.number <= last)
      if (own[0]?.number === number) return own
      // It was whole once: the disk has changed it since.
      const isKept = await keptAside(this.#options.files, `${name}.whole`, bytes)
      this.#options.told.damaged({ segment: name, at: 0, byteCount: bytes.length, isKept })
      if (own.length > 0) return own
    }
    return []
  }

  /** These are needed no more; files that hold nothing else go. */
  release(numbers: readonly Stretch[]): void {
    for (const { from, to } of numbers) this.pending.remove(from, to)
    void this.#tidy()
  }

  /** Removes files without a pending record; the newest stays, since numbers go on from it. */
  #tidy(): Promise<void> {
    this.#removing ??= this.#remove().finally(() => {
      this.#removing = null
    })
    return this.#removing
  }

  /** Gives up what is not durable yet: none of it was acknowledged. */
  async close(): Promise<void> {
    this.#stop.abort()
    this.#free()
    this.#urgent.abort()
    await this.settled()
    await this.#removing
    await this.#seal()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let pause = RETRY_FIRST
    while (this.#waiting.length > 0 && !signal.aborted) {
      await this.#gather()
      const group = this.#nextGroup()
      try {
        if (!(await this.#hasRoom(group))) continue
        await this.#write(group)
        this.#trouble = null
        pause = RETRY_FIRST
      } catch (error) {
        // Nothing is known of what was not synced: it is written again, into another file.
        this.#trouble = error instanceof Error ? error.message : String(error)
        this.#options.told.unsynced(error)
        await this.#seal()
        if (!(await sleep(this.#options.clock, pause, signal))) break
        pause = milliseconds(Math.min(2 * pause, RETRY_MAX))
        continue
      }
      this.#waiting.splice(0, group.length)
      this.#tell(group)
    }
    this.#running = null
  }

  /** Waits for company; not long once somebody waits, and not at all for more than enough. */
  async #gather(): Promise<void> {
    const { clock } = this.#options
    const isEnough = () => this.#waitingBytes >= GROUP_BYTES_MAX || this.#stop.signal.aborted
    const isUrgent = () => this.#waiting.some((one) => one.isUrgent)
    this.#urgent = new AbortController()
    if (!isEnough() && !isUrgent()) await sleep(clock, LINGER, this.#urgent.signal)
    if (!isEnough() && isUrgent()) await sleep(clock, LINGER_URGENT, this.#stop.signal)
  }

  #nextGroup(): readonly Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex(({ payload }, index) => {
      bytes += recordBytes(payload)
      return index > 0 && bytes > Math.min(GROUP_BYTES_MAX, this.#segmentBytesMax)
    })
    return end < 0 ? [...this.#waiting] : this.#waiting.slice(0, end)
  }

  /** False after a wait for room, when everything is to be looked at again. */
  async #hasRoom(group: readonly Waiting[]): Promise<boolean> {
    const { bytesMax } = this.#options
    const wanted = group.reduce((sum, { payload }) => sum + recordBytes(payload), HEADER_BYTES)
    if (this.bytes + wanted <= bytesMax) return true
    if (this.#trouble === null) {
      this.#trouble = `it is full with ${this.bytes} of ${bytesMax} bytes`
      this.#options.told.unsynced(new Error(this.#trouble))
    }
    // A file that grows is never removed: what is taken already may lie in it.
    await this.#seal()
    const before = this.bytes
    await this.#tidy()
    if (this.bytes === before && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#freed.push(resolve))
    }
    return false
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { reached } = this.#options
    const first = this.#next
    const records = group.map(({ payload, writtenAt }, index) => {
      return { number: first + index, writtenAt, payload }
    })
    const { file, segment } = await this.#writable(first)
    const bytes = encodeRecords(records)
    await file.append(bytes)
    reached('before-sync')
    await file.sync()
    this.#syncs++
    segment.bytes += bytes.length
    segment.last = first + group.length - 1
    segment.writtenAt ??= records[0]?.writtenAt ?? null
    this.#next = first + group.length
    this.pending.add(first, this.#next)
    this.#waitingBytes -= group.reduce((sum, { payload }) => sum + recordBytes(payload), 0)
    reached('after-sync')
  }

  #tell(group: readonly Waiting[]): void {
    const first = this.#next - group.length
    for (const [index, { payload, writtenAt, durable }] of group.entries()) {
      durable({ number: first + index, payload, writtenAt })
    }
  }

  async #writable(first: number): Promise<{ file: GrowingFile; segment: Segment }> {
    if (this.#current && this.#current.segment.bytes >= this.#segmentBytesMax) await this.#seal()
    if (this.#current) return this.#current
    const name = segmentName(first, randomBytes(4).toString('hex'))
    const segment: Segment = { name, first, last: first - 1, bytes: 0, writtenAt: null }
    const file = await this.#options.files.create(name)
    this.#segments.push(segment)
    this.#current = { file, segment }
    this.#options.reached('new-segment')
    await file.append(encodeHeader({ outbox: this.outbox, first }))
    segment.bytes = HEADER_BYTES
    return this.#current
  }

  async #seal(): Promise<void> {
    const current = this.#current
    this.#current = null
    try {
      await current?.file.close()
    } catch (error) {
      // Everything that counts was synced, or will be written again elsewhere.
      this.#options.told.unsynced(error)
    }
  }

  #isPending({ first, last }: Segment): boolean {
    return this.pending.touches(first, last + 1)
  }

  async #remove(): Promise<void> {
    const { files, told, reached } = this.#options
    const newest = this.#segments.findLast(({ first, last }) => last >= first)
    for (const segment of [...this.#segments]) {
      const { name } = segment
      if (segment === this.#current?.segment || segment === newest) continue
      if (this.#isPending(segment)) continue
      try {
        reached('before-remove')
        await files.remove(name)
      } catch (error) {
        told.unsynced(error)
        continue
      }
      this.#segments = this.#segments.filter((other) => other !== segment)
      this.#free()
    }
  }

  #free(): void {
    for (const wake of this.#freed.splice(0)) wake()
  }
}
