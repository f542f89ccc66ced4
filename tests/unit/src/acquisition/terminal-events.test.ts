import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settle } from '#tests/support'
import { eventReport, METER, terminal, terminalDoor } from './terminal-dialin.ts'

const RECORD = '0E0A30222111260000000000'

let door: Awaited<ReturnType<typeof terminalDoor>>
beforeEach(async () => {
  door = await terminalDoor()
})
afterEach(() => door.close())

/** A terminal that is logged in and has said something, once that reached the store. */
async function saying(...frames: readonly Uint8Array[]) {
  const caller = await door.dial()
  caller.say(terminal().login(), ...frames)
  const line = await door.next()
  void (async () => {
    for await (const _ of line.bytes()) break
  })()
  await caller.until(1)
  while (door.happened.length === 0) await new Promise((resolve) => setImmediate(resolve))
  return caller
}

describe('a terminal that reports an event', () => {
  it('hears nothing before the event is safe, and then its confirmation', async () => {
    const caller = await saying(eventReport(RECORD))
    await settle()
    expect(caller.heard).toHaveLength(1)
    expect(door.happened).toMatchObject([
      { concentratorId: 3, code: 'power-failure', eventId: 'ERC14', source: 'report', sequence: 0 },
    ])
    door.stored[0]?.()
    await caller.until(2)
    expect(caller.heard[1]?.[12]).toBe(0)
  })

  it('tells of a meter behind it, which the event is then of', async () => {
    const ofPoint = `09 1C 30222111 26 0180 41 ${'EE'.repeat(20)}`.replaceAll(' ', '')
    await saying(eventReport(ofPoint))
    expect(door.happened).toMatchObject([
      { meterId: METER, concentratorId: null, code: 'current-cut', phase: 'A' },
    ])
  })

  it('keeps what nobody knows here', async () => {
    await saying(eventReport('F00830222111 26AABBCC'.replaceAll(' ', '')))
    expect(door.happened).toMatchObject([{ code: 'unknown', eventId: 'ERC240' }])
  })
})
