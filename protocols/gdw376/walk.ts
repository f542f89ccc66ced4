import { type DataClass, itemOf, type MeterTime, type Stamp, type Value } from '#protocols/model'
import { addMinutes, dayAfter, monthAfter, readClock } from './clock.ts'
import { a15, a17, a20, a21, bin } from './formats.ts'
import {
  densityMinutes,
  type Field,
  type Layout,
  type Leaf,
  type Letter,
  type Node,
  type StampKind,
} from './layout.ts'
import { hexOf, readShape, type Shape } from './shapes.ts'

/** Gives the bytes of the next field instead of reading them; a null shape is any length of hex. */
export type Source = (shape: Shape | null) => Uint8Array | undefined

/** Curves of more points than a day of minutes are damage, not data. */
const pointsMax = 1440

export class Walk {
  readonly leaves: Leaf[] = []
  at: number
  failed = false
  readonly #data: Uint8Array
  readonly #to: number
  readonly #source: Source | null
  readonly #counts = new Map<Letter, number>()
  #dataClass: DataClass = 'current'
  #stamp: MeterTime | null = null
  #stepMinutes: number | null = null
  #takesReadTime = true
  #sorted = true

  constructor(data: Uint8Array, from: number, to: number, source: Source | null = null) {
    this.#data = data
    this.at = from
    this.#to = to
    this.#source = source
  }

  /** In the order of the wire, also where times follow after all of their values. */
  inOrder(): readonly Leaf[] {
    return this.#sorted ? this.leaves : this.leaves.toSorted((a, b) => a.from - b.from)
  }

  nodes(layout: Layout): void {
    for (const node of layout) {
      if (this.failed) return
      this.#node(node)
    }
  }

  #node(node: Node): void {
    switch (node.kind) {
      case 'field':
        this.#value(node)
        return
      case 'count': {
        const counted = this.#frameNumber(node.name, node.bytes)
        this.#counts.set(node.as, counted === notRead ? 0 : counted)
        return
      }
      case 'times': {
        const { count } = node
        const times = typeof count === 'number' ? count : (this.#counts.get(count) ?? 0)
        for (let nth = 0; nth < times && !this.failed; nth++) this.nodes(node.nodes)
        return
      }
      case 'bitwise': {
        const bits = this.#frameNumber(node.name, 1)
        for (let bit = 0; bit < node.bits && !this.failed; bit++) {
          if ((bits >> bit) & 1) this.nodes(node.nodes)
        }
        return
      }
      case 'rates':
        this.#rates(node.field)
        return
      case 'demands':
        this.#demands(node.field, node.order)
        return
      case 'stamp':
        this.#readStamp(node.stamp)
        return
      case 'points':
        this.#points(node.nodes)
        return
      case 'rest':
        this.#hex(node.name, this.#to - this.at)
        return
      case 'blob':
        this.#hex(node.name, this.#counts.get(node.count) ?? 0)
        return
    }
  }

  #rates(field: Field): void {
    const count = this.#counts.get('m') ?? 0
    for (let rate = 0; rate <= count && !this.failed; rate++) this.#value(ofRate(field, rate))
  }

  #demands(field: Field, order: 'split' | 'paired'): void {
    const count = this.#counts.get('m') ?? 0
    const values: Leaf[] = []
    for (let rate = 0; rate <= count && !this.failed; rate++) {
      const value = this.#leaf(ofRate(field, rate))
      if (!value) return
      if (order === 'paired') this.#occurred(value)
      else values.push(value)
    }
    for (const value of values) this.#occurred(value)
  }

  /** When a maximum was: without a year, which is that of the stamp or the one before. */
  #occurred(value: Leaf): void {
    const from = this.at
    const bytes = this.#take(a17)
    if (!bytes) return
    const clock = readClock(bytes, this.#source ? 0 : from, a17Layout)
    const at = typeof clock === 'string' ? null : this.#withYear(clock)
    this.leaves.push({ ...value, at })
    this.#sorted = false
    if (this.#source) return
    this.#push('frame', from, `when: ${value.name}`, readShape(a17, bytes, from))
  }

  #withYear(clock: MeterTime): Stamp | null {
    const stamp = this.#stamp
    if (!stamp) return null
    const isLater = clock.month > stamp.month
    return { kind: 'wall', time: { ...clock, year: stamp.year - (isLater ? 1 : 0) } }
  }

  #readStamp(kind: StampKind): void {
    switch (kind) {
      case 'read':
      case 'settled': {
        const time = this.#clock('terminal read the meter at', a15)
        if (this.#takesReadTime && time) this.#stamp = time
        if (kind === 'settled') {
          this.#dataClass = 'monthly'
          this.#stamp = null
        }
        return
      }
      case 'day':
      case 'metering-day': {
        const time = this.#clock('day Td_d', a20)
        this.#dataClass = kind === 'day' ? 'daily' : 'monthly'
        this.#takesReadTime = kind !== 'day'
        if (time) this.#stamp = kind === 'day' ? dayAfter(time) : time
        return
      }
      case 'month': {
        const time = this.#clock('month Td_m', a21)
        this.#dataClass = 'monthly'
        this.#takesReadTime = false
        if (time) this.#stamp = monthAfter(time)
        return
      }
      case 'curve':
        this.#dataClass = 'interval'
        this.#stamp = this.#clock('first point', a15)
        this.#stepMinutes = densityMinutes.get(this.#frameNumber('density', 1)) ?? null
        this.#counts.set('n', this.#frameNumber('points', 1))
        return
      case 'hour': {
        this.#dataClass = 'interval'
        this.#value({ ...hourField, name: 'hour' })
        const step = densityMinutes.get(this.#frameNumber('density', 1)) ?? null
        // Without a date the points have no moment.
        this.#counts.set('n', step === null || step > 60 ? 0 : 60 / step)
        return
      }
    }
  }

  #points(nodes: Layout): void {
    const count = this.#counts.get('n') ?? 0
    if (count > pointsMax) this.failed = true
    for (let point = 0; point < count && !this.failed; point++) {
      this.nodes(nodes)
      if (this.#stamp && this.#stepMinutes) {
        this.#stamp = addMinutes(this.#stamp, this.#stepMinutes)
      } else this.#stamp = null
    }
  }

  #clock(name: string, shape: typeof a15): MeterTime | null {
    const from = this.at
    const bytes = this.#take(shape)
    if (!bytes || shape.kind !== 'time') return null
    const at = this.#source ? 0 : from
    if (!this.#source) this.#push('frame', from, name, readShape(shape, bytes, at))
    const clock = readClock(bytes, at, shape.layout)
    return typeof clock === 'string' ? null : clock
  }

  #frameNumber(name: string, length: 1 | 2): number {
    const from = this.at
    const shape = bin(length)
    const bytes = this.#take(shape)
    if (!bytes) return 0
    const at = this.#source ? 0 : from
    const value = readShape(shape, bytes, at)
    if (!this.#source) this.#push('frame', from, name, value)
    return value.kind === 'number' ? value.digits : 0
  }

  #value(field: Field): void {
    const leaf = this.#leaf(field)
    if (leaf) this.leaves.push(leaf)
  }

  #leaf(field: Field): Leaf | null {
    const from = this.at
    const bytes = this.#take(field.shape)
    if (!bytes) return null
    const { name, unit, item } = field
    const value = readShape(field.shape, bytes, this.#source ? 0 : from)
    const at: Stamp | null = this.#stamp && { kind: 'wall', time: this.#stamp }
    const { at: to } = this
    return { from, to, name, unit, item, value, at, dataClass: this.#dataClass, role: 'value' }
  }

  #hex(name: string, length: number): void {
    const from = this.at
    if (this.#source) {
      if (!this.#source(null)) this.failed = true
      return
    }
    if (length > this.#to - from) {
      this.failed = true
      return
    }
    this.at += length
    this.#push('value', from, name, { kind: 'text', text: hexOf(this.#data, from, this.at) })
  }

  #push(role: Leaf['role'], from: number, name: string, value: Value): void {
    const at: Stamp | null =
      role === 'value' && this.#stamp ? { kind: 'wall', time: this.#stamp } : null
    const dataClass = this.#dataClass
    this.leaves.push({ from, to: this.at, name, unit: '', item: null, value, at, dataClass, role })
  }

  /** The bytes to read a field from: the whole data when reading, the written ones when writing. */
  #take(shape: Shape): Uint8Array | null {
    if (this.#source) {
      const written = this.#source(shape)
      if (!written) this.failed = true
      return written ?? null
    }
    if (shape.bytes > this.#to - this.at) {
      this.failed = true
      return null
    }
    this.at += shape.bytes
    return this.#data
  }
}

/** A count of a meter that was never read. */
const notRead = 0xee
const a17Layout = 'mmhhDDMM'
const hourField: Field = {
  kind: 'field',
  name: 'hour',
  shape: { kind: 'bits', bytes: 1 },
  unit: '',
  item: null,
}

/** The field of a rate: `1.8.0` becomes `1.8.n`, and no code where the register model has none. */
function ofRate(field: Field, rate: number): Field {
  if (rate === 0) return field
  const code = field.item?.replace(/\.0$/, `.${rate}`)
  const item = code === undefined ? undefined : itemOf(code)
  const name = item?.en ?? `${field.name.replace(/, total$/, '')}, rate ${rate}`
  return { ...field, item: item?.code ?? null, name }
}
