import { toHex } from '#protocols/bytes'
import { type Data, nullData, obisOf, octetsText } from './data.ts'

/** A value whose type and shape nobody asked about, for people. */
export function dataText(data: Data = nullData): string {
  switch (data.kind) {
    case 'null':
      return ''
    case 'boolean':
    case 'integer':
    case 'long64':
    case 'float':
      return String(data.value)
    case 'octets':
    case 'moment':
      return data.bytes.length === 6 ? obisOf(data.bytes) : octetsText(data.bytes)
    case 'text':
      return data.text
    case 'bits':
      return toHex(data.bytes)
    case 'list':
    case 'compact':
      return `{${data.items.map(dataText).join(', ')}}`
  }
}
