import { describe, expect, it } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { fromHex } from '#protocols/bytes'
import { dlt645, encodeAnswers, encodeRefusal, parseFrame, requestOf } from '#protocols/dlt645'
import { Line, meterReader, readingGatekeeper } from '#src/acquisition'
import { milliseconds } from '#src/core'
import { ManualClock, settle } from '#tests/support'

const NO_SUCH_DATA = 2
const address = '112233445566'
const limits = { firstByte: milliseconds(1_000), gap: milliseconds(100) }
const never = new AbortController().signal

/**
 * A meter that answers these items (wire bytes) and refuses everything else, each so much later.
 */
function meterOf(items: Readonly<Record<string, string>>, delaysMs: readonly number[] = []) {
  const clock = new ManualClock()
  const [ours, theirs] = memoryPair()
  const line = new Line(ours, clock, readingGatekeeper([]))
  const asked: string[] = []
  void (async () => {
    for await (const chunk of theirs.bytes()) {
      const parsed = parseFrame(chunk)
      if (!parsed.ok) continue
      const request = requestOf(parsed.frame)
      if (request?.kind !== 'read') continue
      const delayMs = delaysMs[asked.length] ?? 0
      asked.push(request.dataId)
      if (delayMs > 0) {
        await new Promise<void>((resolve) => clock.after(milliseconds(delayMs), resolve))
      }
      const payload = fromHex(items[request.dataId] ?? '')
      const frames = items[request.dataId]
        ? encodeAnswers(address, request.dataId, payload ?? new Uint8Array(0))
        : [encodeRefusal(parsed.frame, address, NO_SUCH_DATA)]
      for (const frame of frames) await theirs.send(frame, never)
    }
  })()
  const reader = meterReader(dlt645)
  const read = async (...wanted: readonly string[]) => {
    const visit = reader.read(line, { address, profile: null }, wanted, limits, never)
    await settle()
    await clock.advance(5_000)
    return visit
  }
  return { read, asked }
}

describe('a visit to a meter', () => {
  const noBlocks = { '00010000': '37214800', '00010100': '00100000', '00010200': '37114800' }

  it('asks for each item alone where the meter refuses the block, and remembers it', async () => {
    const { read, asked } = meterOf(noBlocks)
    const first = await read('1.8.0', '1.8.1', '1.8.2')
    expect(asked).toEqual(['0001FF00', '00010000', '00010100', '00010200'])
    expect(first.readings.map(({ item }) => item)).toEqual(['1.8.0', '1.8.1', '1.8.2'])
    expect(first.refusals).toEqual([])
    asked.length = 0
    const second = await read('1.8.0', '1.8.1', '1.8.2')
    expect(asked).toEqual(['00010000', '00010100', '00010200'])
    expect(second.readings).toHaveLength(3)
  })

  it('tells what the meter refuses also alone, once, and keeps asking for the block', async () => {
    const { read, asked } = meterOf({})
    const readout = await read('1.8.0', '1.8.1')
    expect(readout).toMatchObject({ readings: [], failure: null })
    expect(readout.refusals.length).toBeGreaterThan(0)
    asked.length = 0
    await read('1.8.0', '1.8.1')
    expect(asked[0]).toBe('0001FF00')
  })

  it('asks nothing twice where single items are refused', async () => {
    const { read, asked } = meterOf({ '00010000': '37214800' })
    const readout = await read('1.8.0', '2.8.0')
    expect(asked).toEqual(['00010000', '00020000'])
    expect(readout.refusals).toHaveLength(1)
  })

  it('does not ask for a block again that was given, where another item is refused', async () => {
    const { read, asked } = meterOf({ '0201FF00': '0222FFFFFFFF' })
    await read('0201FF00', '99999999')
    expect(asked).toEqual(['0201FF00', '99999999'])
  })

  it('says of each reading how long its own exchange took', async () => {
    const { read } = meterOf({ '00010000': '37214800', '02010100': '0222' }, [40, 700])
    const readout = await read('1.8.0', '32.7.0')
    expect(readout.readings.map(({ item, roundTripMs }) => [item, roundTripMs])).toEqual([
      ['1.8.0', 40],
      ['32.7.0', 700],
    ])
    expect(readout.roundTripMs).toBe(740)
  })

  it('goes on behind an item whose content is not standard, and says so', async () => {
    const { read, asked } = meterOf({ '04000501': '00', '00010000': '37214800' })
    const readout = await read('04000501', '1.8.0')
    expect(asked).toEqual(['04000501', '00010000'])
    expect(readout.readings.map(({ item }) => item)).toEqual(['1.8.0'])
    expect(readout.failure).toMatchObject({ code: 'exchange.unreadable' })
  })
})
