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
})
