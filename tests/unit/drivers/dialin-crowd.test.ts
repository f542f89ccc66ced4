import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settle } from '#tests/support'
import { ascii, door, say } from './dialin-door.ts'

describe('a crowd at the door', () => {
  it('keeps the newest callers, whoever logs in, hangs up or is swept in between', async () => {
    const act = fc.oneof(
      { weight: 6, arbitrary: fc.constant('call' as const) },
      fc.constantFrom('log in' as const, 'hang up' as const),
      fc.constant('wait' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.nat(), async (acts, pick) => {
        const { dial, clock } = await door({ waitingMax: 3 })
        type Caller = Awaited<ReturnType<typeof dial>>['socket']
        let waiting: Caller[] = []
        const called: Caller[] = []
        const known: Caller[] = []
        for (const [index, one] of acts.entries()) {
          const chosen = waiting[pick % Math.max(1, waiting.length)]
          if (one === 'call') {
            const { socket } = await dial()
            called.push(socket)
            waiting = [...waiting, socket].slice(-3)
          } else if (one === 'wait') await clock.advance(200)
          else if (chosen) {
            waiting = waiting.filter((socket) => socket !== chosen)
            if (one === 'hang up') chosen.destroy()
            else {
              known.push(chosen)
              await say(chosen, ascii(`REG:${String(index).padStart(12, '0')}\r\n`))
            }
          }
          await settle()
          const there = called.filter((socket) => !socket.destroyed)
          expect(new Set(there)).toEqual(new Set([...waiting, ...known]))
        }
      }),
      { numRuns: 60 },
    )
  })
})
