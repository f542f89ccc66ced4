import { type Clock, fail, ok } from '#src/core'
import type { Database } from '#src/db'
import type { DeviceVersion, FileToSend, FirmwareTalk, TalkFailure } from '#src/firmware'

/** The process dies here, and nothing of it happens any more. */
export class Death extends Error {}

/** Counts what could be the last moment of a process. */
export class Fuse {
  #left: number

  constructor(moments: number) {
    this.#left = moments
  }

  get isBurnt(): boolean {
    return this.#left <= 0
  }

  readonly moment = () => {
    this.#left--
    if (this.#left <= 0) throw new Death('killed')
  }
}

/** A database whose user may die before and after each statement, never inside a commit. */
export function mortal(db: Database, fuse: Fuse): Database {
  return {
    ...db,
    kind: db.kind,
    async query(text, values) {
      fuse.moment()
      return await db.query(text, values)
    },
    async transaction(work) {
      fuse.moment()
      const done = await db.transaction(async (tx) => {
        const result = await work(tx)
        fuse.moment()
        return result
      })
      fuse.moment()
      return done
    },
  }
}

const away: TalkFailure = { kind: 'away', message: 'the channel is not connected' }
const RESTART_MS = 4_000

/** A terminal that keeps blocks, and runs a whole file a moment later. */
export class PlayedTerminal {
  version = 'V1.0'
  maker = 'OHES'
  isAway = false
  refusesChecks = false
  /** 698.45 tells which blocks it has; 376.1 only answers to each. */
  tellsBlocks = false
  readonly blocks = new Map<number, Uint8Array>()
  /** Every block that came, in order. */
  readonly came: number[] = []
  taken: Uint8Array | null = null
  #count = 0
  #coming: { version: string; fromMs: number } | null = null

  loseSupply(): void {
    this.blocks.clear()
    this.#count = 0
  }

  at(nowMs: number): string {
    if (this.#coming && nowMs >= this.#coming.fromMs) this.version = this.#coming.version
    return this.version
  }

  begin(file: FileToSend): void {
    this.blocks.clear()
    this.#count = file.blocks
  }

  lacking(file: FileToSend): number | null {
    if (!this.tellsBlocks || this.#count !== file.blocks) return null
    for (let block = 0; block < file.blocks; block++) if (!this.blocks.has(block)) return block
    return file.blocks
  }

  write(file: FileToSend, block: number, data: Uint8Array, nowMs: number): 'taken' | 'lost' {
    if (block === 0 && !this.tellsBlocks) this.begin(file)
    if (this.#count !== file.blocks) return 'lost'
    this.came.push(block)
    this.blocks.set(block, data)
    if (this.blocks.size < this.#count) return 'taken'
    const parts = [...this.blocks].sort(([left], [right]) => left - right)
    const whole = Uint8Array.from(parts.flatMap(([, part]) => [...part]))
    this.loseSupply()
    if (this.refusesChecks) return 'lost'
    this.taken = whole
    this.#coming = { version: file.version, fromMs: nowMs + RESTART_MS }
    return 'taken'
  }
}

/** Terminals by their channels; whoever asks may die on either side of it. */
export function playedTalk(
  terminals: ReadonlyMap<number, PlayedTerminal>,
  clock: Clock,
  fuse: Fuse,
): FirmwareTalk {
  const on = async <T>(channel: number, work: (terminal: PlayedTerminal) => T) => {
    fuse.moment()
    const terminal = terminals.get(channel)
    if (!terminal || terminal.isAway) return fail(away)
    const said = work(terminal)
    // The answer may be lost: what was written stands.
    fuse.moment()
    return ok(said)
  }
  return {
    version: (channel) =>
      on(channel, (terminal): DeviceVersion => {
        const { maker } = terminal
        return { protocol: 'gdw376', maker, model: 'H1', version: terminal.at(clock.now()) }
      }),
    begin: (channel, file, at) =>
      on(channel, (terminal) => {
        const lacking = at === null ? null : terminal.lacking(file)
        if (lacking !== null) return lacking
        if (!terminal.tellsBlocks) return at ?? 0
        if (at !== null && at >= file.blocks - 1) return at
        terminal.begin(file)
        return 0
      }),
    write: (channel, file, block, data) =>
      on(channel, (terminal) => terminal.write(file, block, data, clock.now())),
    verdict: (channel) => on(channel, () => null),
  }
}
