import { type Clock, fail, type MeterId, ok } from '#src/core'
import type { Database } from '#src/db'
import type { FieldTalk, MeterPoint, RegisterValue } from '#src/fieldwork'

/** The process dies here; what was done stays done, what was not is not. */
export class Death extends Error {}

/** Counts what could be the last moment of a process, and dies at the one it is told. */
export class Fuse {
  #left = Number.POSITIVE_INFINITY

  lit(moments: number): void {
    this.#left = moments
  }

  readonly moment = () => {
    this.#left--
    this.check()
  }

  /** Who is dead does nothing more, until another process is lit. */
  check(): void {
    if (this.#left <= 0) throw new Death('killed')
  }
}

/** A database whose user may die before and after each transaction, never inside a commit. */
export function mortal(db: Database, fuse: Fuse): Database {
  return {
    kind: db.kind,
    async query(text, values) {
      fuse.check()
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
    stream: (text, values, rows) => db.stream(text, values, rows),
    close: () => db.close(),
  }
}

/** A terminal with its list, and meters behind it; whoever asks may die on either side of it. */
export class PlayedField implements FieldTalk {
  readonly points = new Map<number, MeterPoint>()
  readonly registers = new Map<MeterId, readonly RegisterValue[]>()
  /** Writes that changed something, as text. */
  readonly moved: string[] = []
  hasList = true
  /** Thrown once, as a bug would be. */
  bug: Error | null = null
  readonly #clock: Clock
  readonly #fuse: Fuse

  constructor(clock: Clock, fuse: Fuse) {
    this.#clock = clock
    this.#fuse = fuse
  }

  async readRegisters(meter: MeterId) {
    this.#fuse.moment()
    const { bug } = this
    this.bug = null
    if (bug) throw bug
    const values = this.registers.get(meter)
    this.#fuse.moment()
    if (!values) return fail({ kind: 'silent', message: 'no answer' } as const)
    return ok({ at: this.#clock.now(), values })
  }

  async meterPoints() {
    this.#fuse.moment()
    const points = this.hasList ? [...this.points.values()] : null
    this.#fuse.moment()
    return ok(points)
  }

  async writeMeterPoint(_channel: unknown, point: MeterPoint) {
    this.#fuse.moment()
    const was = this.points.get(point.number)
    if (was?.address !== point.address || was.point !== point.point) {
      this.moved.push(`${point.number}=${point.address}`)
    }
    this.points.set(point.number, point)
    // The answer may be lost: what was written stands.
    this.#fuse.moment()
    return ok(undefined)
  }

  async removeMeterPoint(_channel: unknown, point: MeterPoint) {
    this.#fuse.moment()
    if (this.points.delete(point.number)) this.moved.push(`-${point.number}`)
    this.#fuse.moment()
    return ok(undefined)
  }
}
