import { toHex } from '#protocols/bytes'
import {
  type Address,
  buildFrame,
  type Counters,
  encodeAnswers,
  encodeUnasked,
  encodeVerdict,
  type Frame,
  gdw376,
  parseAddress,
  parseFrame,
  readBody,
  type SentUnit,
  type Unit,
} from '#protocols/gdw376'
import { join } from './dlt645-bytes.ts'
import type { FirmwareShelf } from './firmware.ts'
import { takeSegment } from './gdw376-files.ts'
import { TerminalMemory } from './gdw376-memory.ts'
import { toldByTask } from './gdw376-tasks.ts'
import { Telling, timeOf } from './gdw376-telling.ts'
import type { Gdw376Terminal, Gdw376TerminalOptions } from './gdw376-terminal.ts'
import { isLate } from './gdw376-time-tag.ts'

const CONFIRM = 0x00
const RESET = 0x01
const LINK = 0x02
const SET = 0x04
const CONTROL = 0x05
const CONFIGURATION = 0x09
const QUERY = 0x0a
const TASK = 0x0b
const CURRENT = 0x0c
const PAST = 0x0d
const EVENTS = 0x0e
const FILE = 0x0f
const FORWARD = 0x10
const FROM_TERMINAL = 0x80
const STARTED = 0x40
const GROUP = 0x01
const PASSWORD_BYTES = 16
/** The byte of serial settings in 10H F1: three bits of speed above, then stop bit, parity, data bits. */
const BAUD_SHIFT = 5
const FORM_BITS = 0x1f
const EVEN_8_1 = 0x0b
const NO_DATA = new Uint8Array(0)

export function gdw376Face(options: Gdw376TerminalOptions): Gdw376Terminal {
  const address = parseAddress(options.address)
  if (!address) throw new Error(`'${options.address}' names no terminal`)
  const scanner = gdw376.scanner()
  const terminal = new Terminal(address, options)
  return {
    receive(chunk, nowMs) {
      return scanner.push(chunk).flatMap((bytes) => {
        const parsed = parseFrame(bytes)
        return parsed.ok ? terminal.answer(parsed.frame, nowMs) : []
      })
    },
    reset: () => {
      scanner.reset()
      terminal.hangUp()
    },
    login: () => terminal.say(1),
    logout: () => terminal.say(2),
    heartbeat: () => terminal.say(3),
    report: () => terminal.report(),
    firmware: terminal.firmware,
  }
}

class Terminal {
  readonly #address: Address
  readonly #options: Gdw376TerminalOptions
  readonly #memory: TerminalMemory
  readonly #told: Telling
  /** Frames of the last answer that wait for the confirmation of the one before. */
  #parts: readonly Uint8Array[] = []
  #sequence = 0

  constructor(address: Address, options: Gdw376TerminalOptions) {
    this.#address = address
    this.#options = options
    this.#memory = new TerminalMemory(options.site, options.points)
    this.#told = new Telling(options.points, this.#memory)
  }

  get firmware(): FirmwareShelf {
    return this.#memory.firmware
  }

  hangUp(): void {
    this.#parts = []
  }

  say(fn: number): Uint8Array {
    return this.#unasked(LINK, [{ pn: 0, fn, data: NO_DATA }])
  }

  report(): Uint8Array | null {
    if (!this.#memory.waits) return null
    const { important, general } = this.#memory.counters
    const from = (important + 255) & 0xff
    const records = this.#memory.records('important', from, important)
    if (!records) return null
    const data = join([Uint8Array.of(important, general, from, important), ...records])
    return this.#unasked(EVENTS, [{ pn: 0, fn: 1, data }])
  }

  answer(frame: Frame, nowMs: number): readonly Uint8Array[] {
    this.#memory.rounds.settle(nowMs)
    const { control, station, afn } = frame
    if ((control & FROM_TERMINAL) !== 0 || !this.#isMine(frame)) return []
    if (isLate(frame, this.#memory, nowMs)) return []
    if (afn === CONFIRM) return (control & STARTED) === 0 ? this.#nextPart() : []
    const { units, malformed } = readBody(frame)
    const answers = malformed ? [this.#deny(frame)] : this.#answerTo(frame, units, nowMs)
    // A group hears and obeys, and says nothing.
    if ((station & GROUP) !== 0) return []
    this.#parts = answers.slice(1)
    return answers.slice(0, 1)
  }

  #answerTo(frame: Frame, units: readonly Unit[], nowMs: number): readonly Uint8Array[] {
    switch (frame.afn) {
      case RESET:
      case SET:
      case CONTROL:
        return [this.#obey(frame, units, nowMs)]
      case FILE:
        return this.#takeFile(frame, units, nowMs)
      case FORWARD:
        return [this.#forward(frame, units, nowMs)]
      case TASK:
        return this.#tellTask(frame, units, nowMs)
      case CONFIGURATION:
      case QUERY:
      case CURRENT:
      case PAST:
      case EVENTS:
        return this.#tell(frame, units, nowMs)
      default:
        return [this.#deny(frame)]
    }
  }

  #tell(frame: Frame, units: readonly Unit[], nowMs: number): readonly Uint8Array[] {
    const sent = units.flatMap((unit): readonly SentUnit[] => {
      const data = this.#told.dataOf(frame, unit, nowMs)
      return data ? [{ ...unit.id, data }] : []
    })
    if (sent.length === 0) return [this.#deny(frame)]
    return encodeAnswers(frame, sent, this.#options.bytesMax, this.#waiting())
  }

  /** Data of the first task asked for, in an answer of their class. */
  #tellTask(frame: Frame, [unit]: readonly Unit[], nowMs: number): readonly Uint8Array[] {
    const told = unit && toldByTask(frame, unit, this.#memory, this.#told, nowMs)
    if (!told) return [this.#deny(frame)]
    const { afn, sent } = told
    return encodeAnswers({ ...frame, afn }, sent, this.#options.bytesMax, this.#waiting())
  }

  /** Every unit is obeyed, or none: a terminal looks before it acts. */
  #obey(frame: Frame, units: readonly Unit[], nowMs: number): Uint8Array {
    if (!this.#knowsPassword(frame, nowMs)) return this.#deny(frame)
    const able = units.every((unit) => unit.known && this.#mayObey(frame.afn, unit, nowMs))
    if (units.length === 0 || !able) return this.#deny(frame)
    for (const unit of units) this.#act(frame, unit, nowMs)
    return encodeVerdict(frame, 'confirm', this.#waiting())
  }

  #mayObey(afn: number, { id }: Unit, nowMs: number): boolean {
    if (afn !== CONTROL || id.fn > 2) return true
    const isKept = id.fn === 1 && this.#memory.keepsSupplyAt(nowMs)
    return this.#memory.rounds.has(id.pn) && !isKept
  }

  #act({ afn, body }: Frame, unit: Unit, nowMs: number): void {
    const { fn, pn } = unit.id
    if (afn === SET) {
      this.#memory.setParameter(fn, pn, body.slice(unit.dataFrom, unit.to))
      this.#memory.record('general', 3, [0, ...body.slice(unit.from, unit.dataFrom)], nowMs)
    } else if (afn === RESET) {
      if (fn > 1) this.#memory.clear()
    } else this.#control(unit, nowMs)
  }

  #control({ id, leaves }: Unit, nowMs: number): void {
    const { rounds } = this.#memory
    const byte = byteOf(leaves)
    switch (id.fn) {
      case 1:
        rounds.trip(id.pn, byte, nowMs)
        this.#memory.record('important', 5, [1 << ((id.pn - 1) & 7), 0, 0x80, 0, 0x80], nowMs)
        return
      case 2:
        rounds.allowClosing(id.pn, nowMs)
        return
      case 25:
        this.#memory.keepSupply(byte, nowMs)
        return
      case 33:
        this.#memory.keepSupplyNoLonger()
        return
      case 26:
      case 34:
        this.#memory.duns = id.fn === 26
        return
      case 31: {
        const value = leaves[0]?.value
        if (value?.kind === 'text') this.#memory.setClock(timeOf(value.text), nowMs)
        return
      }
      default:
        return
    }
  }

  /** Denied where it is not passed on; without data where nothing came back. */
  #forward(frame: Frame, units: readonly Unit[], nowMs: number): Uint8Array {
    const [unit] = units
    const inner = unit?.id.fn === 1 ? gdw376.carried(buildFrame(frame))[0] : undefined
    if (!this.#knowsPassword(frame, nowMs) || !unit || !inner) return this.#deny(frame)
    const port = frame.body[unit.dataFrom] ?? 0
    const bauds = this.#memory.baudsAt(port)
    if (bauds.length === 0) return this.#deny(frame)
    const settings = frame.body[unit.dataFrom + 1] ?? 0
    // A meter takes what comes at another speed or parity for noise.
    const isHeard = (settings & FORM_BITS) === EVEN_8_1 && bauds.includes(settings >> BAUD_SHIFT)
    this.#options.port?.reset()
    const answer = join((isHeard && this.#options.port?.receive(inner, nowMs)) || [])
    const head = Uint8Array.of(port, answer.length & 0xff, answer.length >> 8)
    const sent = { pn: 0, fn: 1, data: join([head, answer]) }
    return encodeAnswers(frame, [sent], Number.POSITIVE_INFINITY, this.#waiting())[0] ?? NO_DATA
  }

  #takeFile(frame: Frame, [unit]: readonly Unit[], nowMs: number): readonly Uint8Array[] {
    const isAllowed = this.#knowsPassword(frame, nowMs)
    const data = isAllowed && unit ? takeSegment(this.firmware, frame, unit, nowMs) : null
    if (!data) return [this.#deny(frame)]
    return encodeAnswers(frame, [{ pn: 0, fn: 1, data }], this.#options.bytesMax, this.#waiting())
  }

  #isMine({ region, terminal, station }: Frame): boolean {
    const mine = this.#address
    if (region !== mine.region && !/^F+$/.test(region)) return false
    const isEverybody = (station & GROUP) !== 0 && /^F+$/.test(terminal)
    return terminal === mine.terminal || isEverybody
  }

  #knowsPassword(frame: Frame, nowMs: number): boolean {
    const { password } = this.#options
    const at = readBody(frame).added.passwordAt
    if (password === null) return true
    const sent = at === null ? NO_DATA : frame.body.slice(at, at + PASSWORD_BYTES)
    if (toHex(sent) === password.toUpperCase()) return true
    this.#memory.record('general', 20, [...sent, frame.station >> 1], nowMs)
    return false
  }

  #nextPart(): readonly Uint8Array[] {
    const next = this.#parts.slice(0, 1)
    this.#parts = this.#parts.slice(1)
    return next
  }

  #deny(frame: Frame): Uint8Array {
    return encodeVerdict(frame, 'deny', this.#waiting())
  }

  #waiting(): Counters | null {
    return this.#memory.waits ? this.#memory.counters : null
  }

  #unasked(afn: number, units: readonly SentUnit[]): Uint8Array {
    this.#sequence = (this.#sequence + 1) & 0x0f
    return encodeUnasked(this.#address, afn, units, this.#sequence)
  }
}

/** The one byte of an order; 0 where it has none. */
function byteOf([leaf]: Unit['leaves']): number {
  const value = leaf?.value
  if (value?.kind === 'number') return value.digits
  return value?.kind === 'text' && /^[\dA-F]{2}$/i.test(value.text)
    ? Number.parseInt(value.text, 16)
    : 0
}
