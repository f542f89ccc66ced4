import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryPair } from '#drivers/channel'
import { gdw376 } from '#protocols/gdw376'
import { Line, readingGatekeeper, TerminalChannel } from '#src/acquisition'
import { milliseconds, systemClock } from '#src/core'
import { ManualClock, settle } from '#tests/support'
import { report, TERMINAL, terminal, terminalDoor } from './terminal-dialin.ts'

const limits = { firstByte: milliseconds(5_000), gap: milliseconds(2_000) }
const never = new AbortController().signal
const afnOf = (frame: Uint8Array | undefined) => frame?.[12]
const CONFIRM = 0x00
const QUESTION = 0x0c

/** The clock of the terminal. */
const [request] = gdw376.plan(['0C-F2'], { address: TERMINAL, profile: null }).requests

let door: Awaited<ReturnType<typeof terminalDoor>>
let reading: Parameters<typeof terminalDoor>[0] = () => []

beforeEach(async () => {
  reading = () => []
  door = await terminalDoor(() => reading?.() ?? [])
})
afterEach(() => door.close())

describe('a terminal that logs in', () => {
  it('is known by its address, and its login is confirmed', async () => {
    const caller = await door.dial()
    caller.say(terminal().login())
    const line = await door.next()
    await caller.until(1)
    expect(door.events).toEqual([`login ${TERMINAL} by gdw376`])
    expect(line.facts.name).toBe(`dialin:${TERMINAL}`)
    expect(afnOf(caller.heard[0])).toBe(CONFIRM)
  })

  it('may send its login in any two pieces', async () => {
    const login = terminal().login()
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: login.length - 1 }), async (cut) => {
        const caller = await door.dial()
        await new Promise((resolve) => caller.socket.write(login.subarray(0, cut), resolve))
        await new Promise((resolve) => setImmediate(resolve))
        caller.say(login.subarray(cut))
        const line = await door.next()
        await caller.until(1)
        await line.close()
        await caller.ended
      }),
      { numRuns: login.length - 1 },
    )
  })

  it('is not known by a login with a wrong checksum, but by the right one behind it', async () => {
    const caller = await door.dial()
    const wrong = Uint8Array.from(terminal().login(), (byte, at) => (at === 12 ? byte ^ 1 : byte))
    wrong[8] = 0x77
    caller.say(wrong, terminal().login())
    await door.next()
    await caller.until(1)
    expect(door.events).toEqual([`login ${TERMINAL} by gdw376`])
    expect(caller.heard).toHaveLength(1)
  })

  it('takes the place of its older connection', async () => {
    const first = await door.dial()
    first.say(terminal().login())
    const older = await door.next()
    const second = await door.dial()
    second.say(terminal().login())
    const newer = await door.next()
    await first.ended
    await second.until(1)
    expect(door.events).toContain(`takeover ${TERMINAL}`)
    expect((await older.send(Uint8Array.of(1), never)).ok).toBe(false)
    expect((await newer.send(Uint8Array.of(1), never)).ok).toBe(true)
  })
})

describe('what a terminal says after its login', () => {
  async function online() {
    const face = terminal()
    const caller = await door.dial()
    caller.say(face.login())
    const channel = await door.next()
    await caller.until(1)
    const line = new Line(channel, systemClock, readingGatekeeper([gdw376]))
    return { face, caller, line }
  }

  it('is answered between exchanges', async () => {
    const { face, caller, line } = await online()
    caller.say(face.heartbeat(), face.login(), face.logout())
    await caller.until(4)
    expect(caller.heard.map(afnOf)).toEqual([CONFIRM, CONFIRM, CONFIRM, CONFIRM])
    expect(line.counters.strays).toBe(0)
    const { body } = await door.metrics.text()
    for (const kind of ['login', 'heartbeat', 'logout']) {
      expect(body).toContain(`hes_terminal_frames_total{kind="${kind}"} 1`)
    }
  })

  it('is answered within an exchange, and the exchange does not notice', async () => {
    const { face, caller, line } = await online()
    if (!request) throw new Error('no request')
    const asked = line.exchange(gdw376, request, limits, never)
    await caller.until(2)
    const question = caller.heard[1] ?? new Uint8Array(0)
    expect(afnOf(question)).toBe(QUESTION)
    const [answer = new Uint8Array(0)] = face.receive(question, systemClock.now())
    // Half an answer cannot be cut by a heartbeat: a terminal sends one frame after the other.
    caller.say(face.heartbeat(), answer, face.heartbeat())
    const outcome = await asked
    expect(outcome.kind).toBe('answered')
    await caller.until(4)
    expect(caller.heard.slice(2).map(afnOf)).toEqual([CONFIRM, CONFIRM])
    expect(line.counters.strays).toBe(0)
  })

  it('leaves damage to whoever waits for an answer', async () => {
    const { caller, line } = await online()
    if (!request) throw new Error('no request')
    const short = { firstByte: milliseconds(5_000), gap: milliseconds(100) }
    const asked = line.exchange(gdw376, request, short, never)
    await caller.until(2)
    caller.say(Uint8Array.from(terminal().login(), (byte, at) => (at === 18 ? byte ^ 1 : byte)))
    const outcome = await asked
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'exchange.damaged' } })
  })

  it('is acknowledged once it is stored, where it is a report', async () => {
    reading = () => [{ device: `${TERMINAL}/1`, readings: [energy] }]
    const { face, caller } = await online()
    caller.say(report(), face.heartbeat())
    await caller.until(2)
    expect(caller.heard).toHaveLength(2)
    expect(door.stored).toHaveLength(1)
    door.stored[0]?.()
    await caller.until(3)
    expect(afnOf(caller.heard[2])).toBe(CONFIRM)
  })

  it('is not acknowledged where only a part has a place, which is stored all the same', async () => {
    const strange = { ...energy, item: null, dataId: '0C-F33', name: 'Quadrant I, rate 1' }
    reading = () => [{ device: `${TERMINAL}/1`, readings: [energy, strange] }]
    const { face, caller } = await online()
    caller.say(report())
    caller.say(face.heartbeat())
    await caller.until(2)
    expect(door.stored).toHaveLength(1)
    door.stored[0]?.()
    caller.say(face.heartbeat())
    await caller.until(3)
    expect(caller.heard).toHaveLength(3)
    expect((await door.metrics.text()).body).toContain('reports_total{outcome="unstored"} 1')
  })

  it('is not acknowledged where it cannot be stored, and complained of once', async () => {
    for (const told of [[], [{ device: `${TERMINAL}/2`, readings: [energy] }]]) {
      reading = () => told
      const { face, caller } = await online()
      caller.say(report(), report(), face.heartbeat())
      await caller.until(2)
      expect(caller.heard).toHaveLength(2)
    }
    expect(door.lines.filter(({ event }) => event === 'terminal.report-unstored')).toHaveLength(1)
    const { body } = await door.metrics.text()
    expect(body).toContain('hes_terminal_reports_total{outcome="unstored"} 4')
  })
})

describe('the line to a terminal', () => {
  it('parts what it says from what it answers, however the bytes are cut', async () => {
    const face = terminal()
    const [answer = new Uint8Array(0)] = face.receive(
      request ? gdw376.encode(request) : new Uint8Array(0),
      systemClock.now(),
    )
    const noise = Uint8Array.of(0xfe, 0x68, 0x00)
    const parts = [face.heartbeat(), answer, noise, face.logout(), answer, face.heartbeat()]
    const told = Buffer.concat(parts)
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat({ max: told.length })), async (cuts) => {
        const clock = new ManualClock()
        const [ours, theirs] = memoryPair()
        const said: string[] = []
        const channel = new TerminalChannel(ours, {
          terminal: { protocol: 'gdw376', address: TERMINAL },
          scanner: gdw376.scanner(),
          clock,
          unasked: (frame) => gdw376.unasked(frame),
          said: ({ kind }) => said.push(kind),
        })
        const heard: Uint8Array[] = []
        const reading = (async () => {
          for await (const chunk of channel.bytes()) heard.push(chunk)
        })()
        const ends = [...cuts, told.length].sort((one, other) => one - other)
        let from = 0
        for (const end of ends) {
          await theirs.send(told.subarray(from, end), never)
          from = end
          await settle()
        }
        await theirs.close()
        await reading
        expect(said).toEqual(['heartbeat', 'logout', 'heartbeat'])
        expect(Buffer.concat(heard)).toEqual(Buffer.concat([answer, noise, answer]))
      }),
      { numRuns: 60 },
    )
  })

  it('hands on the beginning of a frame whose rest stays away, and answers the whole still', async () => {
    const clock = new ManualClock()
    const [ours, theirs] = memoryPair()
    const said: string[] = []
    const channel = new TerminalChannel(ours, {
      terminal: { protocol: 'gdw376', address: TERMINAL },
      scanner: gdw376.scanner(),
      clock,
      unasked: (frame) => gdw376.unasked(frame),
      said: ({ kind }) => said.push(kind),
    })
    const heard: Uint8Array[] = []
    const reading = (async () => {
      for await (const chunk of channel.bytes()) heard.push(chunk)
    })()
    const frame = terminal().heartbeat()
    await theirs.send(frame.subarray(0, 9), never)
    await clock.advance(499)
    expect(heard).toEqual([])
    await clock.advance(1)
    expect(Buffer.concat(heard)).toEqual(Buffer.from(frame.subarray(0, 9)))
    await theirs.send(frame.subarray(9), never)
    await clock.advance(1)
    expect(said).toEqual(['heartbeat'])
    await theirs.close()
    await reading
    expect(Buffer.concat(heard)).toHaveLength(9)
  })
})

const energy = {
  item: '1.8.0',
  dataId: '0C-F129',
  name: 'Active energy import, total',
  unit: 'kWh',
  value: { kind: 'number', digits: 12_345, scale: 2 },
  dataClass: 'current',
  at: null,
} as const
