import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DialInOptions, listenForDialIns, type MeasureMessage } from '#drivers/dialin'
import { ManualClock, settle, virtualNetwork } from '#tests/support'
import { ascii, door, hex, listen, never, say } from './dialin-door.ts'

/** A DL/T 645 answer whose maker's text, with 33H added, reads `ping`. */
const answerWithPing = hex('68 78 56 34 12 00 00 68 91 08 33 33 34 33 70 69 6e 67 ab 16')

describe('a device that dials in', () => {
  it.each([
    ['REG:000012345678', '000012345678', 'reg'],
    ['REG:000012345678\r\n', '000012345678', 'reg'],
    ['\xaa\x0113800001111\x0d', '13800001111', 'aa01'],
    ['\x00\x0f356307042441013', '356307042441013', 'teltonika'],
    ['000012345678', '000012345678', 'digits'],
    ['12345678', '12345678', 'digits'],
    ['356307042441013\r\n', '356307042441013', 'digits'],
  ])('is known by %j', async (packet, identity, rule) => {
    const { dial, clock, events, sessions } = await door()
    const { socket } = await dial()
    await say(socket, ascii(packet))
    await clock.advance(400)
    expect(events).toContain(`login ${identity} by ${rule}`)
    expect(sessions.map((session) => session.identity)).toEqual([identity])
    expect(sessions[0]?.channel.facts.name).toBe(`dialin:${identity}`)
  })

  it('may send its registration in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 11 }), async (cut) => {
        const { dial, clock, sessions } = await door()
        const { socket } = await dial()
        const packet = ascii('000012345678')
        await say(socket, packet.subarray(0, cut), packet.subarray(cut))
        await clock.advance(400)
        expect(sessions.map((session) => session.identity)).toEqual(['000012345678'])
      }),
      { numRuns: 11 },
    )
  })

  it('may say who it is in nothing but its heartbeat', async () => {
    const { dial, events, sessions } = await door()
    const { socket } = await dial()
    const beat = hex('0001 0001 0001 0012 0A020C 333131353031313134303730 00 0000')
    await say(socket, beat, beat)
    expect(events).toContain('login 311501114070 by dlms-wrapper')
    expect(events).toContain('heartbeat 311501114070')
    expect(listen(sessions[0])()).toBe('')
  })

  it('may glue its first frame to the registration', async () => {
    const { dial, sessions } = await door()
    const { socket } = await dial()
    await say(socket, Buffer.concat([ascii('000012345678'), answerWithPing]))
    const bytes = listen(sessions[0])
    await settle()
    expect(bytes()).toBe(answerWithPing.toString('hex'))
  })

  it('is not bounded before login by the length of a first frame glued behind it', async () => {
    const { dial, sessions } = await door()
    const { socket } = await dial()
    await say(socket, Buffer.concat([ascii('REG:000012345678'), Buffer.alloc(1_000, 0x55)]))
    expect(sessions).toHaveLength(1)
  })

  it('gets the reply its registration asks for', async () => {
    const { dial } = await door()
    const { socket, heard } = await dial()
    await say(socket, ascii('\x00\x0f356307042441013'))
    expect(heard()).toBe('\x01')
  })

  it('may greet or beat its heart before it registers', async () => {
    const { dial, clock, sessions, events } = await door()
    const { socket } = await dial()
    await say(socket, ascii('ping'))
    await clock.advance(300)
    await say(socket, ascii('HELLO'))
    await clock.advance(300)
    await say(socket, ascii('REG:000012345678'))
    expect(sessions).toHaveLength(1)
    expect(events).toContain('garbage 9')
  })

  it('is cut off ten seconds after it called if it never says who it is', async () => {
    const { dial, clock, events } = await door()
    const { socket } = await dial()
    await say(socket, ascii('??'))
    await clock.advance(9_900)
    expect(socket.destroyed).toBe(false)
    await clock.advance(300)
    expect(socket.destroyed).toBe(true)
    expect(events).toEqual(['accepted', 'login timed out', 'garbage 2'])
  })

  it('cannot stretch the deadline by dribbling bytes', async () => {
    const { dial, clock } = await door()
    const { socket } = await dial()
    for (let i = 0; i < 11; i++) {
      if (!socket.destroyed) await say(socket, ascii('x'))
      await clock.advance(1_000)
    }
    expect(socket.destroyed).toBe(true)
  })

  it('is cut off beyond 512 bytes that say nothing', async () => {
    const { dial, events } = await door()
    const { socket } = await dial()
    await say(socket, Buffer.alloc(513, 0x78))
    expect(socket.destroyed).toBe(true)
    expect(events).toContain('garbage 513')
  })

  it('is refused when there are too many', async () => {
    const { dial, events } = await door({ connectionsMax: 1 })
    const first = await dial()
    const second = await dial()
    await settle()
    expect(first.socket.destroyed).toBe(false)
    expect(second.socket.destroyed).toBe(true)
    expect(events).toEqual(['accepted', 'refused'])
  })

  it('frees its place when it hangs up', async () => {
    const { dial, events } = await door({ connectionsMax: 1 })
    const first = await dial()
    await say(first.socket, ascii('REG:000012345678'))
    first.socket.destroy()
    await settle()
    await say((await dial()).socket, ascii('REG:000012345678'))
    expect(events.filter((event) => event === 'accepted')).toHaveLength(2)
    expect(events).not.toContain('takeover 000012345678 1')
  })

  it('is dropped after a long silence, and says why', async () => {
    const { dial, clock, events, sessions } = await door({ idleTimeoutMs: 60_000 })
    const { socket } = await dial()
    await say(socket, ascii('REG:000012345678'))
    await clock.advance(50_000)
    await say(socket, ascii('ping'))
    await clock.advance(50_000)
    expect(socket.destroyed).toBe(false)
    await clock.advance(20_000)
    expect(socket.destroyed).toBe(true)
    expect(events).toContain('idle 000012345678')
    expect(sessions[0]?.channel.failure).toMatchObject({ code: 'transport.timeout' })
  })

  it('moves the time it was last heard with every byte', async () => {
    const { dial, clock, sessions } = await door()
    const { socket } = await dial()
    await say(socket, ascii('REG:000012345678'))
    await clock.advance(5_000)
    await say(socket, ascii('ping'))
    expect(sessions[0]?.lastHeardAt()).toBe(clock.now())
  })
})

describe('two devices with one identity', () => {
  it('leave only the newest connected, and the old one hears nothing more', async () => {
    const { dial, events, sessions } = await door()
    const first = await dial()
    await say(first.socket, ascii('REG:000012345678'))
    const second = await dial()
    await say(second.socket, ascii('REG:000012345678'))
    expect(first.socket.destroyed).toBe(true)
    expect(sessions).toHaveLength(2)
    const stale = await sessions[0]?.channel.send(ascii('for the old one'), never)
    expect(stale).toMatchObject({ ok: false, error: { code: 'transport.closed' } })
    await sessions[1]?.channel.send(ascii('for the new one'), never)
    await settle()
    expect(first.heard()).toBe('')
    expect(second.heard()).toBe('for the new one')
    expect(events).toContain('takeover 000012345678 1')
  })

  it('are counted as they take turns', async () => {
    const { dial, events } = await door()
    for (let i = 0; i < 5; i++) await say((await dial()).socket, ascii('REG:000012345678'))
    expect(events).toContain('takeover 000012345678 4')
  })
})

describe('a heartbeat', () => {
  async function loggedIn(options: Partial<DialInOptions> = {}) {
    const context = await door(options)
    const { socket, heard } = await context.dial()
    await say(socket, ascii('REG:000012345678'))
    const session = context.sessions[0]
    return { ...context, socket, heard, session, bytes: listen(session) }
  }

  it('does not reach the reader, whole or in pieces', async () => {
    const { socket, bytes, events } = await loggedIn()
    await say(socket, ascii('ping'), ascii('pi'), ascii('ng'), ascii('pingping'))
    expect(bytes()).toBe('')
    expect(events.filter((event) => event.startsWith('heartbeat'))).toHaveLength(4)
  })

  it('may be the registration repeated, or a 26-byte wrapper', async () => {
    const { socket, bytes, events } = await loggedIn()
    await say(
      socket,
      ascii('REG:000012345678'),
      hex('0001 0001 0001 0012 0A020C 313233343536373839303132 00 0000'),
    )
    expect(bytes()).toBe('')
    expect(events.filter((event) => event.startsWith('heartbeat'))).toHaveLength(2)
  })

  it('is echoed or answered where the rule says so', async () => {
    const { socket, heard } = await loggedIn({
      rules: {
        registrations: [{ name: 'reg', kind: 'text', pattern: 'REG:(\\d{12})', ends: 'at-match' }],
        heartbeats: [
          { name: 'echoed', pattern: '7E ??', answer: 'echo' },
          { name: 'answered', pattern: '7F', answer: { reply: '06 06' } },
        ],
      },
    })
    await say(socket, hex('7E41'), hex('7F'))
    expect(heard()).toBe('\x7eA\x06\x06')
  })

  it('is found glued before a frame', async () => {
    const { socket, bytes } = await loggedIn()
    await say(socket, Buffer.concat([ascii('ping'), answerWithPing]))
    expect(bytes()).toBe(answerWithPing.toString('hex'))
  })

  it('is never mistaken inside an answer, wherever that is cut and however long the cut lasts', async () => {
    for (let cut = 1; cut < answerWithPing.length; cut++) {
      for (const pauseMs of [0, 300, 9_000]) {
        const { socket, session, bytes, clock } = await loggedIn()
        await session?.channel.send(ascii('?'), never)
        await say(socket, answerWithPing.subarray(0, cut))
        await clock.advance(pauseMs)
        await say(socket, answerWithPing.subarray(cut))
        expect(bytes()).toBe(answerWithPing.toString('hex'))
      }
    }
  })

  it('is recognised between a request and its answer', async () => {
    const { socket, session, bytes } = await loggedIn()
    await session?.channel.send(ascii('?'), never)
    await say(socket, ascii('ping'), answerWithPing)
    expect(bytes()).toBe(answerWithPing.toString('hex'))
  })

  it('that only began is passed on after a pause', async () => {
    const { socket, bytes, clock } = await loggedIn()
    await say(socket, ascii('pi'))
    expect(bytes()).toBe('')
    await clock.advance(400)
    expect(bytes()).toBe(ascii('pi').toString('hex'))
  })

  describe('where the lengths of messages are known', () => {
    const measure: MeasureMessage = (bytes) => {
      if (bytes[0] !== 0x68) return 0
      return bytes.length < 10 ? null : 12 + (bytes[9] ?? 0)
    }

    it('is found glued behind a frame, at any cut', async () => {
      const stream = Buffer.concat([answerWithPing, ascii('ping'), answerWithPing, ascii('ping')])
      for (let cut = 1; cut < stream.length; cut++) {
        const { socket, bytes, clock, events } = await loggedIn({ measure })
        await say(socket, stream.subarray(0, cut), stream.subarray(cut))
        await clock.advance(400)
        expect(bytes()).toBe(answerWithPing.toString('hex').repeat(2))
        expect(events.filter((event) => event.startsWith('heartbeat'))).toHaveLength(2)
      }
    })

    it('and prefixes are taken off every packet', async () => {
      const { socket, bytes } = await loggedIn({ measure, packetPrefix: ascii('IMEI') })
      const packet = Buffer.concat([ascii('IMEI'), answerWithPing])
      await say(socket, Buffer.concat([packet, packet]))
      expect(bytes()).toBe(answerWithPing.toString('hex').repeat(2))
    })
  })
})

describe('the door', () => {
  it('refuses a rule it cannot read, and names it', async () => {
    const opened = await listenForDialIns(
      {
        host: '0.0.0.0',
        port: 0,
        connectionsMax: 1,
        rules: {
          registrations: [{ name: 'odd', kind: 'bytes', pattern: 'AA XX' }],
          heartbeats: [],
        },
      },
      virtualNetwork(),
      new ManualClock(),
    )
    expect(opened).toMatchObject({ ok: false, error: { retry: 'never' } })
    expect(opened.ok ? '' : opened.error.message).toContain('odd')
  })

  it('closes everything behind it', async () => {
    const { dial, listener, clock, sessions } = await door()
    const [first, second] = [await dial(), await dial()]
    await say(first.socket, ascii('REG:000012345678'))
    await listener.close()
    await settle()
    expect([first.socket.destroyed, second.socket.destroyed]).toEqual([true, true])
    expect(sessions[0]?.channel.failure).toBeNull()
    expect(clock.waiting).toBe(0)
  })

  it('needs one timer for a thousand callers', async () => {
    const { dial, clock } = await door({ connectionsMax: 2_000 })
    for (let i = 0; i < 1_000; i++) {
      const { socket } = await dial()
      socket.write(ascii(`REG:${String(i).padStart(12, '0')}`))
    }
    await settle()
    expect(clock.waiting).toBe(1)
  })

  it('survives any bytes before and after login', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        fc.boolean(),
        async (chunks, registers) => {
          const { dial, clock, listener } = await door()
          const { socket } = await dial()
          if (registers) await say(socket, ascii('REG:000012345678'))
          for (const chunk of chunks) if (!socket.destroyed) await say(socket, Buffer.from(chunk))
          await clock.advance(11_000)
          await listener.close()
        },
      ),
      { numRuns: 50 },
    )
  })
})
