import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settle } from '#tests/support'
import { ascii, door, say } from './dialin-door.ts'

/** Places of which a stranger may have three quarters of those that are free. */
const CONNECTIONS_MAX = 8
const waitingMax = (known: number) => Math.max(1, Math.floor((CONNECTIONS_MAX - known) * 0.75))

const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const), from: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('log in' as const), from: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hang up' as const), from: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), from: fc.nat() }) },
)

/** Those that wait, longest first: who leaves when one more comes. */
function leaver<T extends { readonly from: string; readonly joinedAt: number }>(
  waiting: readonly T[],
): T | undefined {
  const counts = Map.groupBy(waiting, ({ from }) => from)
  const most = Math.max(...[...counts.values()].map(({ length }) => length))
  const crowds = [...counts.values()].filter(({ length }) => length === most)
  return crowds.length === 1 ? crowds[0]?.[0] : undefined
}

describe('a crowd at the door', () => {
  it('makes room by an address that crowds, whoever logs in or hangs up in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const { dial, clock } = await door({ connectionsMax: CONNECTIONS_MAX })
        type Caller = Awaited<ReturnType<typeof dial>> & { from: string; joinedAt: number }
        let waiting: Caller[] = []
        const known = new Set<Caller>()
        for (const [joinedAt, { kind, from }] of acts.entries()) {
          const chosen = waiting[from % Math.max(1, waiting.length)]
          if (kind === 'call') {
            const leaving = waiting.length < waitingMax(known.size) ? undefined : leaver(waiting)
            const before = waiting
            const address = `10.0.1.${from}`
            const called = { ...(await dial(address)), from: address, joinedAt }
            await settle()
            const gone = before.filter(({ socket }) => socket.destroyed)
            const room = waitingMax(known.size)
            expect(gone).toHaveLength(Math.max(0, before.length + 1 - room))
            if (leaving) expect(gone[0]).toBe(leaving)
            for (const one of gone) {
              const here = before.filter((other) => other.from === one.from)
              expect(here.indexOf(one)).toBeLessThan(gone.length)
            }
            waiting = [...before.filter((one) => !gone.includes(one)), called]
          } else if (kind === 'wait') await clock.advance(200)
          else if (chosen) {
            waiting = waiting.filter((one) => one !== chosen)
            if (kind === 'hang up') chosen.socket.destroy()
            else {
              known.add(chosen)
              await say(chosen.socket, ascii(`REG:${String(joinedAt).padStart(12, '0')}\r\n`))
            }
          }
          await settle()
          for (const { socket } of [...waiting, ...known]) expect(socket.destroyed).toBe(false)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('never hurts whoever calls alone while one address calls again and again', async () => {
    const { dial, sessions } = await door({ connectionsMax: CONNECTIONS_MAX })
    const honest = await dial('10.0.1.1')
    for (let call = 0; call < 50; call++) await dial('10.0.1.2')
    await settle()
    await say(honest.socket, ascii('REG:330100000001\r\n'))
    expect(sessions.map(({ identity }) => identity)).toEqual(['330100000001'])
  })

  it('takes in ten thousand that call at once behind one address, before it heard any', async () => {
    const { dial, sessions, events } = await door({ connectionsMax: 15_000 })
    const fleet = await Promise.all(Array.from({ length: 10_000 }, () => dial('10.0.1.1')))
    for (const [number, { socket }] of fleet.entries()) {
      socket.write(ascii(`REG:${330_100_000_000 + number}\r\n`))
    }
    await settle()
    expect(new Set(sessions.map(({ identity }) => identity)).size).toBe(10_000)
    expect(events).not.toContain('refused')
  })
  it('sends late callers away a few at a time, so that they do not call again together', async () => {
    const { dial, clock } = await door({ connectionsMax: 1_000 })
    const callers = await Promise.all(Array.from({ length: 300 }, () => dial()))
    const left = () => callers.filter(({ socket }) => socket.destroyed).length
    await clock.advance(10_000)
    await settle()
    expect(left()).toBe(128)
    await clock.advance(200)
    await settle()
    expect(left()).toBe(300)
  })
})
