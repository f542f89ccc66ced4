import { Writer } from '#protocols/bytes'
import type { Data } from './data.ts'
import { putSize, putSized } from './sized.ts'

/** One value with its tag, as A-XDR. */
export function writeData(data: Data): Uint8Array {
  return putData(new Writer(), data).done()
}

export function putData(writer: Writer, data: Data): Writer {
  switch (data.kind) {
    case 'null':
      return writer.uint8(data.tag)
    case 'boolean':
      return writer.uint8(3).uint8(data.value ? 1 : 0)
    case 'integer':
      return putInteger(writer.uint8(data.tag), data.tag, data.value)
    case 'long64': {
      const wide = BigInt.asUintN(64, data.value)
      writer.uint8(data.tag).uint32(Number(wide >> 32n))
      return writer.uint32(Number(wide & 0xffff_ffffn))
    }
    case 'float':
      return writer.uint8(data.tag).put(floatBytes(data.tag, data.value))
    case 'octets':
      return putSized(writer.uint8(9), data.bytes)
    case 'text':
      return putSized(writer.uint8(data.tag), textBytes(data.text))
    case 'bits':
      return putSize(writer.uint8(4), data.length).put(data.bytes)
    case 'moment':
      return writer.uint8(data.tag).put(data.bytes)
    case 'list':
      putSize(writer.uint8(data.tag), data.items.length)
      for (const item of data.items) putData(writer, item)
      return writer
    case 'compact':
      return writer.uint8(19).put(data.raw)
  }
}

function putInteger(writer: Writer, tag: number, value: number): Writer {
  if (tag === 5 || tag === 6) return writer.uint32(value)
  return tag === 16 || tag === 18 ? writer.uint16(value) : writer.uint8(value)
}

function floatBytes(tag: 23 | 24, value: number): Uint8Array {
  const bytes = new Uint8Array(tag === 23 ? 4 : 8)
  const view = new DataView(bytes.buffer)
  if (tag === 23) view.setFloat32(0, value)
  else view.setFloat64(0, value)
  return bytes
}

export function textBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export const octets = (bytes: Uint8Array): Data => ({ kind: 'octets', bytes })
export const structure = (...items: readonly Data[]): Data => ({ kind: 'list', tag: 2, items })
export const array = (items: readonly Data[]): Data => ({ kind: 'list', tag: 1, items })
/** An integer of the type that a tag names: 5 int32, 6 uint32, 15 int8, 16 int16, 17 uint8, … */
export const integer = (tag: number, value: number): Data => ({ kind: 'integer', tag, value })
