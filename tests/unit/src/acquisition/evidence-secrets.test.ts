import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import { type Classifier, safeFrame } from '#src/acquisition/gate'
import { FrameTrace } from '#src/acquisition/wire'
import { ManualClock } from '#tests/support'

const known: readonly Classifier[] = [dlt645, dlt698, gdw376]
const files = [
  ['dlt645', dlt645],
  ['gdw376', gdw376],
  ['dlt698', dlt698],
] as const

interface Telling {
  readonly frame: Uint8Array
  readonly places: readonly { readonly from: number; readonly to: number }[]
  readonly secrets: readonly Uint8Array[]
}

/** Published frames that hold a password or a key. */
function tellingFrames(file: string, protocol: Classifier): readonly Telling[] {
  const url = new URL(`../../../vectors/${file}.json`, import.meta.url)
  const found: unknown = JSON.parse(readFileSync(url, 'utf8'))
  const lists = Array.isArray(found) ? [found] : Object.values(Object(found)).filter(Array.isArray)
  return lists.flat().flatMap((row: Readonly<Record<string, unknown>>) => {
    const frame = fromHex(String(row.hex ?? '-'))
    const places = (frame && protocol.aim?.(frame)?.secrets) ?? []
    const secrets = places
      .map(({ from, to }) => frame?.slice(from, to) ?? new Uint8Array(0))
      // A password of nothing but zeros is none, and stands everywhere.
      .filter((bytes) => bytes.some((byte) => byte !== bytes[0]))
    return frame && secrets.length > 0 ? [{ frame, places, secrets }] : []
  })
}

describe.each(files)('passwords and keys in frames of %s', (file, protocol) => {
  const frames = tellingFrames(file, protocol)

  it('are in some published frames', () => {
    expect(frames.length).toBeGreaterThan(0)
  })

  it('do not stand in the evidence of a visit, nor in what a two-wire line gives back', () => {
    for (const { frame, places, secrets } of frames) {
      const trace = new FrameTrace(new ManualClock())
      trace.sent(frame, places)
      // An echo comes in pieces, and an answer behind it.
      trace.received(frame.slice(0, 9))
      trace.received(frame.slice(9))
      trace.received(Uint8Array.of(0xfe, 0xfe))
      const [sent, received, ...others] = trace.take()
      expect(others).toEqual([])
      for (const secret of secrets) {
        expect(toHex(sent?.bytes ?? frame)).not.toContain(toHex(secret))
        expect(toHex(received?.bytes ?? frame)).not.toContain(toHex(secret))
      }
      expect(sent?.masked).toEqual(places)
      expect(received?.masked.length).toBeGreaterThan(0)
    }
  })

  it('do not stand in the log of what passed', () => {
    for (const { frame, secrets } of frames) {
      // Of what no protocol knows the log has the length alone.
      const text = safeFrame(frame, known) ?? ''
      for (const secret of secrets) expect(text).not.toContain(toHex(secret))
    }
  })
})

it('what was sent in one visit masks nothing of the next', () => {
  const trace = new FrameTrace(new ManualClock())
  const bytes = Uint8Array.of(1, 2, 3, 4)
  trace.sent(bytes, [{ from: 1, to: 3 }])
  trace.take()
  trace.received(bytes)
  expect(trace.take()).toMatchObject([{ bytes, masked: [] }])
})
