import { describe, expect, it } from 'vitest'
import { settle } from '#tests/support'
import { ascii, door, hex, listen, say } from './dialin-door.ts'

describe('a device that does not register', () => {
  it('may never register: it is let in after a silence, and named by whoever asks it', async () => {
    const unregistered = { name: 'asked', afterMs: 5_000 }
    const { dial, clock, events, sessions } = await door({ unregistered })
    const { socket } = await dial()
    await clock.advance(2_000)
    await say(socket, hex('68 78 56'))
    await clock.advance(4_900)
    expect(sessions).toEqual([])
    await clock.advance(300)
    const [session] = sessions
    const heard = listen(session)
    await say(socket, hex('34 12'))
    expect(heard()).toBe('6878563412')
    expect(session?.named).toBeDefined()
    session?.named?.('000012345678')
    expect(session?.identity).toBe('000012345678')
    expect(session?.channel.facts.name).toBe('dialin:000012345678')
    expect(events).toEqual(['accepted', 'login unregistered-1 by asked'])
  })

  it('takes the place of its older connection also when it was only named', async () => {
    const unregistered = { name: 'asked', afterMs: 5_000 }
    const { dial, clock, events, sessions } = await door({ unregistered })
    const first = await dial()
    await say(first.socket, ascii('REG:000012345678'))
    await dial()
    await clock.advance(5_200)
    expect(sessions[0]?.named).toBeUndefined()
    sessions[1]?.named?.('000012345678')
    await settle()
    expect(sessions[0]?.channel.failure).toMatchObject({ code: 'transport.closed' })
    expect(sessions[1]?.channel.failure).toBeNull()
    expect(events).toContain('takeover 000012345678 1')
  })

  it('is named by its registration that comes late, and that is not read as an answer', async () => {
    const unregistered = { name: 'asked', afterMs: 5_000 }
    const { dial, clock, sessions } = await door({ unregistered })
    const { socket } = await dial()
    await clock.advance(5_300)
    const [session] = sessions
    const heard = listen(session)
    expect(session?.saidLater).toBeNull()
    await say(socket, ascii('REG:330200000042'))
    expect(session).toMatchObject({ saidLater: '330200000042', rule: 'reg' })
    await say(socket, hex('68 78 56'))
    expect(heard()).toBe('687856')
    session?.named?.('330200000042')
    // From then on the packet is its heartbeat, once no answer can still be on its way.
    await clock.advance(11_000)
    await say(socket, ascii('REG:330200000042'))
    expect(heard()).toBe('687856')
  })

  it('is not taken for silent because this process was busy when it spoke', async () => {
    const unregistered = { name: 'asked', afterMs: 5_000 }
    const { dial, clock, sessions } = await door({ unregistered })
    const { socket } = await dial()
    // The sweep that finds it silent comes before the bytes that wait in the socket.
    await clock.advance(5_050)
    await say(socket, ascii('REG:330200000042'))
    await clock.advance(1_000)
    expect(sessions.map(({ identity, named }) => [identity, named])).toEqual([
      ['330200000042', undefined],
    ])
  })
})
