import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { documents, hes } from './fake-io.ts'

const vectors = <T>(name: string): T => {
  const file = path.resolve(import.meta.dirname, '../../../vectors', name)
  const content: T = JSON.parse(readFileSync(file, 'utf8'))
  return content
}

interface Vector {
  readonly hex: string
  readonly control?: string
  readonly afn?: string
}

const dlt645 = vectors<Vector[]>('dlt645.json')
const dlt6451997 = vectors<Vector[]>('dlt645-1997.json')
const dlt698 = vectors<Vector[]>('dlt698.json')
const gdw376 = vectors<Vector[]>('gdw376.json')
const dlms = vectors<(Vector & { readonly valid: boolean })[]>('dlms.json')
const modbus = vectors<{ readonly rtu: readonly { readonly frame: string }[] }>('modbus.json')

/** Frames that others published; the protocol that each of them is of. */
const published = [
  ['dlt645-2007', dlt645.filter(({ control }) => control !== '81').map(({ hex }) => hex)],
  ['dlt645-1997', dlt6451997.map(({ hex }) => hex)],
  ['gdw376', gdw376.map(({ hex }) => hex)],
  ['dlt698', dlt698.map(({ hex }) => hex)],
  ['dlms', dlms.filter(({ hex }) => hex.startsWith('7E')).map(({ hex }) => hex)],
  ['modbus', modbus.rtu.map(({ frame }) => frame)],
] as const

interface Explained {
  readonly protocol: string
  readonly valid: boolean
  readonly raw: string
  readonly control: string | null
}

async function explained(flags: readonly string[], frames: readonly string[]) {
  const { stdout } = await hes(['decode', '--json', ...flags], {
    stdin: [`${frames.join('\n')}\n`],
  })
  return documents(stdout) as Explained[]
}

/** The frames that their own protocol calls good, without wake-up bytes. */
async function goodFrames(protocol: string, frames: readonly string[]) {
  const own = await explained(['--protocol', protocol], frames)
  return own.filter(({ valid }) => valid).map(({ raw }) => raw)
}

describe('auto', () => {
  test.each(published)('takes no published frame of %s for another protocol', async (name, all) => {
    const frames = await goodFrames(name, all)
    expect(frames.length).toBeGreaterThan(0.8 * all.length)
    const found = await explained([], frames)
    // The broadcast time is the same frame in both editions.
    const isShared = ({ control }: Explained) => name === 'dlt645-1997' && control === '08'
    const own = found.filter((frame) => !isShared(frame))
    const wrong = own.filter(({ protocol, valid }) => protocol !== name || !valid)
    expect(wrong).toEqual([])
  })

  test('explains what carries a frame, not the frame that is carried', async () => {
    const carrying = gdw376.filter(({ afn }) => afn === '10').map(({ hex }) => hex)
    expect(carrying.length).toBeGreaterThan(0)
    const frames = await goodFrames('gdw376', carrying)
    const streamed = frames.map((hex) => fromHex(hex) ?? new Uint8Array(0))
    // In one chunk, and byte by byte: a carried frame is whole before the one around it.
    for (const chunks of [
      streamed,
      streamed.flatMap((bytes) => [...bytes].map((b) => Uint8Array.of(b))),
    ]) {
      const { stdout } = await hes(['decode', '--json', '--raw'], { stdin: chunks })
      const found = documents(stdout) as Explained[]
      expect(found.map(({ raw }) => raw)).toEqual(streamed.map(toHex))
      expect(found.every(({ protocol }) => protocol === 'gdw376')).toBe(true)
    }
  })
})
