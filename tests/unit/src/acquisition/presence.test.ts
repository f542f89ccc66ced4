import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idOf, instant } from '#src/core'
import { settle } from '#tests/support'
import { never, presenceDoor, say } from './presence-door.ts'

const HOME = '10.1.0.1'
const AWAY = '10.1.0.2'
const DEVICE = '330100000001'
const ONE = idOf<'concentrator'>(1)

describe('a device of the archive', () => {
  it('is online from its call to its end, and what it said is counted by business date', async () => {
    const door = await presenceDoor()
    door.expect(1, DEVICE)
    const { socket } = await door.call(DEVICE, HOME)
    const from = door.clock.now()
    await say(socket, 'ping')
    expect((await door.written()).intervals).toEqual([
      { concentratorId: ONE, from, to: null, remoteAddress: HOME, endReason: null },
    ])
    socket.destroy()
    await settle()
    const to = door.clock.now()
    const { intervals, traffic } = await door.written()
    expect(intervals.at(-1)).toEqual({
      concentratorId: ONE,
      from,
      to,
      remoteAddress: HOME,
      endReason: 'closed',
    })
    expect(traffic).toEqual([
      {
        concentratorId: ONE,
        date: '2026-11-22',
        bytesUp: 20,
        bytesDown: 0,
        framesUp: 2,
        framesDown: 0,
        logins: 1,
        heartbeats: 1,
      },
    ])
    expect(door.sightings.map(({ online }) => online)).toEqual([true, false])
    await door.stop()
  })

  it('was there all the time where it calls again from where it is, and not where it moved', async () => {
    const door = await presenceDoor()
    door.expect(1, DEVICE)
    await door.call(DEVICE, HOME)
    await door.clock.advance(1_000)
    await door.call(DEVICE, HOME)
    expect((await door.written()).intervals).toHaveLength(1)
    await door.call(DEVICE, AWAY)
    const { intervals } = await door.written()
    expect(intervals.slice(1).map((one) => [one.remoteAddress, one.endReason])).toEqual([
      [HOME, 'taken-over'],
      [AWAY, null],
    ])
    await door.stop()
  })

  it('is remembered while the database is away', async () => {
    const door = await presenceDoor()
    door.expect(1, DEVICE)
    door.held.isAway = true
    const { socket } = await door.call(DEVICE, HOME)
    await door.written()
    socket.destroy()
    await settle()
    expect((await door.written()).intervals).toEqual([])
    door.held.isAway = false
    const { intervals, traffic } = await door.written()
    expect(intervals.map(({ endReason }) => endReason)).toEqual(['closed'])
    expect(traffic.map(({ logins }) => logins)).toEqual([1])
    await door.stop()
  })
})

describe('a device that must not come in', () => {
  it('waits unasked, is noted once a write, and is led to its worker once it is adopted', async () => {
    const door = await presenceDoor()
    const { socket, isOpen } = await door.call(DEVICE, HOME)
    const seenAt = door.clock.now()
    const { calls } = await door.written()
    expect(calls).toEqual([
      {
        identity: DEVICE,
        reason: 'unknown',
        rule: 'reg',
        protocol: null,
        remoteAddress: HOME,
        firstAt: seenAt,
        lastAt: seenAt,
        calls: 1,
      },
    ])
    expect(isOpen()).toBe(true)
    const { next } = door.expect(1, DEVICE)
    const channel = await next()
    const heard: string[] = []
    void (async () => {
      for await (const chunk of channel?.bytes() ?? []) heard.push(Buffer.from(chunk).toString())
    })()
    await settle()
    await say(socket, 'hello')
    expect(heard).toEqual(['hello'])
    await channel?.send(Buffer.from('ask'), never)
    expect((await door.written()).intervals).toHaveLength(1)
    await door.stop()
  })

  it('is cut off after a while, and waits again when it calls again', async () => {
    const door = await presenceDoor()
    const { isOpen } = await door.call(DEVICE, HOME)
    await door.clock.advance(11 * 60_000)
    expect(isOpen()).toBe(false)
    expect((await door.call(DEVICE, HOME)).isOpen()).toBe(true)
    await door.stop()
  })

  it('is cut off at once where it is blocked, and told nothing', async () => {
    const door = await presenceDoor()
    const waiting = await door.call(DEVICE, HOME)
    door.held.book = { ...door.held.book, blocked: [DEVICE] }
    await door.presence.refresh()
    await settle()
    expect(waiting.isOpen()).toBe(false)
    const again = await door.call(DEVICE, HOME)
    expect(again.isOpen()).toBe(false)
    expect(again.heard()).toBe('')
    expect((await door.written()).calls.map(({ reason }) => reason)).toEqual(['blocked'])
    await door.stop()
  })

  it('takes nobody off the line: by another protocol, or from elsewhere than its card', async () => {
    const door = await presenceDoor({
      fixedAddresses: [{ concentratorId: ONE, address: HOME }],
    })
    door.expect(1, DEVICE)
    door.expect(2, '330100000002', 'gdw376')
    const honest = await door.call(DEVICE, HOME)
    const clone = await door.call(DEVICE, AWAY)
    expect([honest.isOpen(), clone.isOpen()]).toEqual([true, false])
    expect((await door.call('330100000002', HOME)).isOpen()).toBe(false)
    expect((await door.written()).calls.map(({ identity, reason }) => [identity, reason])).toEqual([
      [DEVICE, 'address-mismatch'],
      ['330100000002', 'wrong-protocol'],
    ])
    await door.stop()
  })

  it('costs a bounded room, however many there are', async () => {
    const door = await presenceDoor()
    const callers = []
    for (let i = 0; i < 300; i++) callers.push(await door.call(String(330_200_000_000 + i), HOME))
    expect(callers.filter(({ isOpen }) => isOpen())).toHaveLength(200)
    expect((await door.written()).calls).toHaveLength(300)
    await door.stop()
  })
})

describe('two devices under one identity', () => {
  it('raise a flag with what speaks for it, and keep their place for a minute each', async () => {
    const door = await presenceDoor()
    door.expect(1, DEVICE)
    const places = [HOME, AWAY]
    for (let i = 0; i < 6; i++) {
      await door.call(DEVICE, places[i % 2] ?? HOME)
      await door.clock.advance(10_000)
    }
    const { flapping, events } = await door.written()
    expect(flapping.at(-1)).toMatchObject({
      concentratorId: ONE,
      takeovers: 5,
      addresses: [HOME, AWAY],
    })
    expect(events.filter(({ kind }) => kind === 'takeover')).toHaveLength(5)
    expect(events.filter(({ kind }) => kind === 'flapping')).toHaveLength(1)
    const early = await door.call(DEVICE, HOME)
    expect(early.isOpen()).toBe(false)
    await door.clock.advance(60_000)
    const late = await door.call(DEVICE, HOME)
    expect(late.isOpen()).toBe(true)
    const held = (await door.written()).events.filter(({ kind }) => kind === 'held-off')
    expect(held).toMatchObject([{ remoteAddress: HOME, otherAddress: AWAY, times: 1 }])
    await door.stop()
  })

  it('never share a connection: nothing goes to an older one, whatever comes when', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('call' as const), from: fc.constantFrom(HOME, AWAY) }),
      fc.record({ kind: fc.constant('send' as const), held: fc.nat(20) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const door = await presenceDoor()
        const { next } = door.expect(1, DEVICE)
        const callers: Awaited<ReturnType<typeof door.call>>[] = []
        const channels: NonNullable<Awaited<ReturnType<typeof next>>>[] = []
        const take = async () => {
          const channel = await next()
          if (!channel) return
          channels.push(channel)
          void take()
        }
        void take()
        let sent = 0
        for (const one of steps) {
          if (one.kind === 'wait') await door.clock.advance(one.ms)
          else if (one.kind === 'call') callers.push(await door.call(DEVICE, one.from))
          else if (channels.length > 0) {
            const before = callers.map(({ heard }) => heard())
            const held = channels[one.held % channels.length]
            await held?.send(Buffer.from(`#${sent++}`), never)
            await settle()
            // Whoever still holds an older channel writes to nobody with it.
            const moved = callers.filter(({ heard }, i) => heard() !== before[i])
            const newest = callers.findLast(({ isOpen }) => isOpen())
            for (const caller of moved) expect(caller).toBe(newest)
          }
          await settle()
          expect(callers.filter(({ isOpen }) => isOpen()).length).toBeLessThanOrEqual(1)
        }
        await door.stop()
      }),
      { numRuns: 25 },
    )
  })
})

describe('the log of frames', () => {
  const on = {
    concentratorId: ONE,
    since: instant(0),
    until: instant(Number.MAX_SAFE_INTEGER),
    by: '',
  }

  it('holds what passes while it is on, heartbeats included, with passwords hidden', async () => {
    const door = await presenceDoor({ frameLogs: [on] })
    const { next } = door.expect(1, DEVICE)
    const { socket } = await door.call(DEVICE, HOME)
    const channel = await next()
    await say(socket, 'ping')
    // A write of DL/T 645-2007 with the password 563412 of class 02.
    const write = '681122334455666814' + '0E3B34333735674589AB8967453434'
    const body = Buffer.from(write, 'hex')
    const sum = body.reduce((total, byte) => (total + byte) & 0xff, 0)
    await channel?.send(Buffer.concat([body, Buffer.from([sum, 0x16])]), never)
    const { frames } = await door.written()
    expect(frames.map(({ direction }) => direction)).toEqual(['received', 'sent'])
    expect(frames[0]?.frame).toBe('70696E67')
    expect(frames[1]?.frame).toMatch(/^6811223344556668140E3B34333735\*\*/)
    expect(frames[1]?.frame).not.toContain('674589')
    door.held.book = { ...door.held.book, frameLogs: [] }
    await door.presence.refresh()
    await say(socket, 'ping')
    expect((await door.written()).frames).toHaveLength(2)
    await door.stop()
  })

  it('ends by itself at its time', async () => {
    const door = await presenceDoor()
    const until = instant(door.clock.now() + 60_000)
    door.held.book = { ...door.held.book, frameLogs: [{ ...on, until }] }
    await door.presence.refresh()
    door.expect(1, DEVICE)
    const { socket } = await door.call(DEVICE, HOME)
    await say(socket, 'ping')
    await door.clock.advance(60_000)
    await say(socket, 'ping')
    expect((await door.written()).frames).toHaveLength(1)
    await door.stop()
  })
})
