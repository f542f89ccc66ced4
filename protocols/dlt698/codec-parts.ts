import { byteAt, hexPair, toHex, type Writer } from '#protocols/bytes'
import type { Cursor } from './cursor.ts'

/** One field of an APDU, both ways. Methods, so that a codec of a part fits where any may stand. */
export interface Codec<T> {
  read(from: Cursor): T
  write(to: Writer, value: T): void
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never

type Fields = Readonly<Record<string, Codec<unknown>>>
type Sequence<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> }

type Variants = Readonly<Record<string, readonly [number, Codec<unknown>]>>
type Choice<V extends Variants> = {
  readonly [K in keyof V]: { readonly kind: K; readonly value: ValueOf<V[K][1]> }
}[keyof V]

/** A field of its own, with the words that a trace has for it. */
export function leaf<T>(codec: Codec<T>, words: (value: T) => string): Codec<T> {
  return {
    read(from) {
      const at = from.offset
      const value = codec.read(from)
      if (from.trace) from.note(at, words(value))
      return value
    },
    write: codec.write,
  }
}

export const uint8 = leaf<number>(
  { read: (from) => from.uint8(), write: (to, value) => to.uint8(value) },
  String,
)
export const uint16 = leaf<number>(
  { read: (from) => from.uint16(), write: (to, value) => to.uint16(value) },
  String,
)
export const uint32 = leaf<number>(
  {
    read: (from) => from.uint32(),
    write: (to, value) => to.uint16(Math.trunc(value / 0x1_0000)).uint16(value % 0x1_0000),
  },
  String,
)

/** So many bytes as they are. */
export function bytesOf(length: number): Codec<Uint8Array> {
  return leaf(
    {
      read: (from) => from.take(length),
      write(to, value) {
        if (value.length !== length) throw new Error(`invariant broken: ${length} bytes expected`)
        to.put(value)
      },
    },
    toHex,
  )
}

/** So many bytes as hex digits in the order of the wire. */
export function hexOf(length: number, words = (hex: string) => hex): Codec<string> {
  return leaf(
    {
      read(from) {
        const at = from.offset
        if (length > from.remaining) {
          from.fail()
          return ''
        }
        from.offset = at + length
        let hex = ''
        for (let index = at; index < at + length; index++) hex += hexPair(byteAt(from.bytes, index))
        return hex
      },
      write(to, value) {
        if (value.length !== 2 * length) throw new Error(`invariant broken: '${value}' is no hex`)
        for (let index = 0; index < value.length; index += 2) to.uint8(pairAt(value, index))
      },
    },
    words,
  )
}

/** Bytes with their length in front (octet-string). */
export const octets: Codec<Uint8Array> = leaf(
  {
    read: (from) => from.take(from.length()),
    write(to, value) {
      writeLength(to, value.length)
      to.put(value)
    },
  },
  (value) => (value.length === 0 ? 'empty' : toHex(value)),
)

export function writeLength(to: Writer, length: number): void {
  if (length < 0x80) to.uint8(length)
  else if (length < 0x100) to.uint8(0x81).uint8(length)
  else if (length < 0x1_0000) to.uint8(0x82).uint16(length)
  else throw new Error(`invariant broken: a length of ${length}`)
}

export function sequence<F extends Fields>(fields: F): Codec<Sequence<F>> {
  const names = Object.keys(fields)
  const codecs = Object.values(fields)
  return {
    read(from) {
      const value: Record<string, unknown> = {}
      for (let index = 0; index < names.length; index++) {
        const name = names[index] ?? ''
        if (from.trace) from.enter(spaced(name))
        value[name] = codecs[index]?.read(from)
        if (from.trace) from.leave()
      }
      return value as Sequence<F>
    },
    write(to, value) {
      for (let index = 0; index < names.length; index++) {
        codecs[index]?.write(to, value[names[index] ?? ''])
      }
    },
  }
}

/** SEQUENCE OF. */
export function list<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    read(from) {
      const at = from.offset
      const count = from.count()
      if (from.trace) from.note(at, `${count} of them`)
      const values: T[] = []
      for (let index = 0; index < count && !from.failed; index++) {
        from.enter(from.trace ? `[${index + 1}]` : '')
        values.push(codec.read(from))
        from.leave()
      }
      return values
    },
    write(to, values) {
      writeLength(to, values.length)
      for (const value of values) codec.write(to, value)
    },
  }
}

/** OPTIONAL: a byte 0 or 1 in front. */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    read(from) {
      const at = from.offset
      const flag = from.uint8()
      if (flag > 1) from.fail()
      from.note(at, flag === 1 ? 'there' : 'none')
      return flag === 1 ? codec.read(from) : null
    },
    write(to, value) {
      to.uint8(value === null ? 0 : 1)
      if (value !== null) codec.write(to, value)
    },
  }
}

/** CHOICE: a byte says which. The first variant stands in where a byte says none of them. */
export function choice<V extends Variants>(variants: V): Codec<Choice<V>> {
  const byTag = new Map(
    Object.entries(variants).map(([kind, entry]) => [entry[0], { kind, entry }]),
  )
  const first = byTag.values().next().value
  return {
    read(from) {
      const at = from.offset
      const found = byTag.get(from.uint8())
      if (!found) from.fail()
      const { kind, entry } = found ?? first ?? noVariant
      from.note(at, kind)
      return { kind, value: entry[1].read(from) } as Choice<V>
    },
    write(to, { kind, value }) {
      const entry = variants[kind]
      if (!entry) throw new Error(`invariant broken: no choice ${String(kind)}`)
      to.uint8(entry[0])
      entry[1].write(to, value)
    },
  }
}

/** Nothing at all on the wire. */
export const nothing: Codec<null> = { read: () => null, write: () => undefined }

const noVariant = { kind: '', entry: [0, nothing] as const }

/** The byte that two hex digits spell, written out for the speed of encoding. */
function pairAt(digits: string, at: number): number {
  const byte = (nibbleOf(digits.charCodeAt(at)) << 4) | nibbleOf(digits.charCodeAt(at + 1))
  if (byte < 0) throw new Error(`invariant broken: '${digits}' is no hex`)
  return byte
}

function nibbleOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x41 && code <= 0x46) return code - 0x37
  if (code >= 0x61 && code <= 0x66) return code - 0x57
  return -1
}

function spaced(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
