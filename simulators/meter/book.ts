/** What was done to a meter by whom, and what was set: kept over a restart, all of it optional. */
export interface BookMemory {
  /** Parameters that were written, hex in the order of the wire, by their identifier. */
  readonly written?: Readonly<Record<string, string>>
  readonly programmings?: readonly Programming[]
  /** Moments of freezes at once (瞬时冻结), the oldest first. */
  readonly freezes?: readonly number[]
  readonly clearings?: Clearings
  readonly cleared?: readonly Cleared[]
  /** Set instead of the one the meter was made with. */
  readonly address?: string
}

export interface Programming {
  readonly ms: number
  readonly operator: string
  readonly dataIds: readonly string[]
}

/** When what was cleared last; null: never. */
export interface Clearings {
  readonly meterMs: number | null
  readonly demandMs: number | null
  readonly eventsMs: number | null
}

/** That something was cleared, and by whom. */
export interface Cleared {
  readonly what: keyof Clearings
  readonly ms: number
  readonly operator: string
  /** How often that was done until then, this time with it. */
  readonly count: number
  /** What was there before, as the face that cleared it writes it; hex. */
  readonly before?: string
}

/** Who cleared something, and what was lost with it. */
export type Clearance = Pick<Cleared, 'operator' | 'before'>

const somebody: Clearance = { operator: '00000000' }
const nothingCleared: Clearings = { meterMs: null, demandMs: null, eventsMs: null }
// Shared by all meters of whom nobody ever wanted anything: they are many.
const nothingWritten: Readonly<Record<string, string>> = {}
const noProgrammings: readonly Programming[] = []
const noFreezes: readonly number[] = []
const noClearances: readonly Cleared[] = []
const FREEZES_KEPT = 3
const RECORDS_KEPT = 10
const ITEMS_A_RECORD = 10
/** Writes that follow one another closely are one visit, and one record (编程记录). */
const VISIT_MS = 600_000
const PASSWORD_LENGTH = 6

/** A meter's memory of what people did to it. */
export class MeterBook {
  #written: Readonly<Record<string, string>>
  #programmings: readonly Programming[]
  #freezes: readonly number[]
  #clearings: Clearings
  #cleared: readonly Cleared[]
  #address: string | null
  #incidents: readonly Incident[] = []
  /** The button inside the cover (编程键) is held until then; a new address needs it. */
  #programmableUntilMs = 0

  constructor(memory: BookMemory) {
    this.#written = memory.written ?? nothingWritten
    this.#programmings = memory.programmings ?? noProgrammings
    this.#freezes = memory.freezes ?? noFreezes
    this.#clearings = memory.clearings ?? nothingCleared
    this.#cleared = memory.cleared ?? noClearances
    this.#address = memory.address ?? null
  }

  get memory(): BookMemory {
    return {
      written: this.#written,
      programmings: this.#programmings,
      freezes: this.#freezes,
      clearings: this.#clearings,
      cleared: this.#cleared,
      ...(this.#address === null ? {} : { address: this.#address }),
    }
  }

  /** Of a kind, since the events were cleared, the latest first. */
  incidents(kind: IncidentKind): readonly Incident[] {
    const sinceMs = this.#clearings.eventsMs ?? 0
    const ours = this.#incidents.filter((one) => one.kind === kind && one.fromMs >= sinceMs)
    return ours.toReversed()
  }

  /** Something befalls the meter; told again with its end, it is over. */
  befall(incident: Incident): void {
    const { kind, fromMs } = incident
    const others = this.#incidents.filter((one) => one.kind !== kind || one.fromMs !== fromMs)
    this.#incidents = [...others, incident]
  }

  get address(): string | null {
    return this.#address
  }

  get clearings(): Clearings {
    return this.#clearings
  }

  /** The freezes at once, the latest first. */
  get freezes(): readonly number[] {
    return this.#freezes.toReversed()
  }

  written(dataId: string): string | null {
    return this.#written[dataId] ?? null
  }

  /** Programmings since the events were cleared, the latest first. */
  programmings(): readonly Programming[] {
    const sinceMs = this.#clearings.eventsMs ?? 0
    return this.#programmings.filter(({ ms }) => ms >= sinceMs).toReversed()
  }

  write(dataId: string, hex: string, operator: string, ms: number): void {
    this.#written = { ...this.#written, [dataId]: hex }
    this.note(dataId, operator, ms)
  }

  /** Enters what was programmed, also what is not kept here, such as a clock. */
  note(dataId: string, operator: string, ms: number): void {
    const last = this.#programmings.at(-1)
    const goesOn =
      last?.operator === operator && ms - last.ms < VISIT_MS && last.dataIds.length < ITEMS_A_RECORD
    if (last && goesOn) {
      const dataIds = [...last.dataIds, dataId]
      this.#programmings = this.#programmings.with(-1, { ...last, dataIds })
      return
    }
    const programming = { ms, operator, dataIds: [dataId] }
    this.#programmings = [...this.#programmings, programming].slice(-RECORDS_KEPT)
  }

  /** Six digits; zeros until they are changed, as meters leave the works. */
  passwordOf(level: number): string {
    return this.#written[passwordId(level)] ?? '0'.repeat(PASSWORD_LENGTH)
  }

  setPassword(level: number, password: string): void {
    this.#written = { ...this.#written, [passwordId(level)]: password }
  }

  freeze(ms: number): void {
    this.#freezes = [...this.#freezes, ms].slice(-FREEZES_KEPT)
  }

  /** The latest times that something was cleared, the latest first. */
  clearances(what: keyof Clearings): readonly Cleared[] {
    return this.#cleared.filter((cleared) => cleared.what === what).toReversed()
  }

  clear(what: keyof Clearings, ms: number, by: Clearance = somebody): void {
    this.#clearings = { ...this.#clearings, [what]: ms }
    // That somebody cleared the demands is an event; that meter or events were cleared stays.
    if (what === 'eventsMs') this.#forgetDemandClearances()
    this.#noteClearance(what, ms, by)
  }

  /** 电表清零: whatever was counted and noted is gone, but for the note of it. */
  clearAll(ms: number, by: Clearance): void {
    this.#clearings = { meterMs: ms, demandMs: ms, eventsMs: ms }
    this.#forgetDemandClearances()
    this.#noteClearance('meterMs', ms, by)
  }

  #forgetDemandClearances(): void {
    this.#cleared = this.#cleared.filter(({ what }) => what !== 'demandMs')
  }

  #noteClearance(what: keyof Clearings, ms: number, by: Clearance): void {
    const alike = this.clearances(what)
    const count = (alike[0]?.count ?? 0) + 1
    const dropped = alike[RECORDS_KEPT - 1]
    const kept = this.#cleared.filter((cleared) => cleared !== dropped)
    this.#cleared = [...kept, { what, ms, count, ...by }]
  }

  holdProgrammingButton(untilMs: number): void {
    this.#programmableUntilMs = untilMs
  }

  /** False where nobody stands at the meter. */
  setAddress(address: string, nowMs: number): boolean {
    if (nowMs > this.#programmableUntilMs) return false
    this.#address = address
    return true
  }
}

/** `04000C01` is the password of level 0. */
function passwordId(level: number): string {
  return `04000C${(level + 1).toString(16).toUpperCase().padStart(2, '0')}`
}

/** What befalls a meter from outside: its supply fails (掉电), somebody opens it (开表盖). */
export type IncidentKind = 'power-failure' | 'cover-open'

export interface Incident {
  readonly kind: IncidentKind
  readonly fromMs: number
  /** Null while it goes on. */
  readonly toMs: number | null
}
