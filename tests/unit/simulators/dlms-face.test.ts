import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import type { DlmsSession } from '#protocols/dlms'
import { isOf, valueText } from '#protocols/model'
import { dlmsFace, standardDlms } from '#simulators/faces'
import { gcm } from '../protocols/dlms/aes-gcm.ts'
import { dlms, drawn, keys, meterAt, texts, visit, withKeys } from './dlms-visit.ts'
import { DAY_MS, NOON_MS, SLOT_MS } from './field.ts'

describe('a DLMS meter over HDLC', () => {
  it('gives what the meter measures, in the units of the register model', () => {
    const meter = meterAt('1/17')
    const { readings, faults, refusals } = visit(meter, ['1.8.0', '2.8.0', '32.7.0', '14.7.0'])
    expect([faults, refusals]).toEqual([[], []])
    const wh = meter.registersAt(NOON_MS, 1_000).import.total
    const deciV = meter.momentaryAt(NOON_MS).voltageDeciV[0] ?? 0
    expect(texts(readings)).toEqual([
      `1.8.0=${(wh / 1_000).toFixed(3)}kWh`,
      '2.8.0=0.000kWh',
      `32.7.0=${(deciV / 10).toFixed(1)}V`,
      expect.stringMatching(/^14\.7\.0=\d\d\.\d\dHz$/),
    ])
  })

  it('asks for scaler and value together where the meter takes lists', () => {
    expect(visit(meterAt('1'), ['1.8.0']).frames).toBe(5)
  })

  it('gives a demand its time, names, clock and relay', () => {
    const { readings, refusals } = visit(meterAt('1'), [
      '1.6.0',
      '0.0.96.1.0',
      '0.0.1.0.0',
      '0.0.96.3.10',
      '1.4.0',
    ])
    expect(refusals).toEqual([])
    expect(readings[0]?.at?.kind).toBe('wall')
    expect(texts(readings.slice(1, 4))).toEqual([
      '0.0.96.1.0=1',
      '0.0.1.0.0=2026-11-22T11:07:13',
      '0.0.96.3.10=closed',
    ])
    expect(readings[4]?.item).toBe('1.4.0')
  })

  it('refuses an object that it has not, and goes on', () => {
    const { readings, refusals } = visit(meterAt('1'), ['1:0.0.99.0.0.255:2', '1.8.0'])
    expect(refusals).toEqual(['dlms.object-undefined'])
    expect(readings.map(({ item }) => item)).toEqual(['1.8.0'])
  })

  it('sends long answers in pieces and in blocks', () => {
    const list = visit(meterAt('1'), ['15:0.0.40.0.0.255:2'])
    expect([list.faults, list.refusals]).toEqual([[], []])
    expect(list.frames).toBeGreaterThan(15)
    expect(valueText(list.readings[0]?.value ?? { kind: 'missing', flag: 'absent' })).toContain(
      '1.0.1.8.0.255',
    )
  })

  it('gives rows of its load profile by time and by number', () => {
    const meter = meterAt('1')
    const range = '7:1.0.99.1.0.255:2@2026-11-22T08:00..2026-11-22T09:00'
    const { readings, faults, refusals } = visit(meter, [range, '7:1.0.99.1.0.255:2#1-3'])
    expect(readings.every((reading) => isOf(reading, range))).toBe(true)
    expect(readings[0]?.dataId).toBe('7:1.0.99.1.0.255:2/3:1.0.1.8.0.255:2')
    expect([faults, refusals]).toEqual([[], []])
    expect(readings).toHaveLength(2 * 5 + 2 * 3)
    expect(readings[0]).toMatchObject({ item: '1.8.0', dataClass: 'interval', unit: 'kWh' })
    expect(readings[0]?.at).toEqual({
      kind: 'wall',
      time: { year: 2026, month: 11, day: 22, hour: 8, minute: 0, second: 0 },
    })
    const at = Date.UTC(2026, 10, 22, 0, 0)
    expect(readings[0]?.value).toEqual({
      kind: 'number',
      digits: meter.registersAt(at, 1_000).import.total,
      scale: 3,
    })
    const grown = meter.registersAt(at + SLOT_MS, 1_000).import.total
    expect(readings[2]?.value).toEqual({ kind: 'number', digits: grown, scale: 3 })
  })

  it.each([
    ['gbt', {}],
    ['wrapper,gbt', {}],
    ['wrapper,gbt', withKeys],
    ['gbt,general-glo', withKeys],
  ])('sends long answers in general blocks: %s', (profile, access) => {
    const items = ['7:1.0.99.1.0.255:2#1-200', '15:0.0.40.0.0.255:2']
    const options = { keys }
    const usual = visit(meterAt('1'), items, { access: withKeys, options })
    const open = 'client' in access ? { options, access } : {}
    const heard = visit(meterAt('1'), items, { profile, ...open })
    expect([heard.faults, heard.refusals]).toEqual([[], []])
    expect(new Set(heard.effects)).toEqual(new Set(['read']))
    expect(heard.readings).toEqual(usual.readings)
    expect(heard.frames).toBeLessThan(usual.frames)
  })

  it('gives daily and monthly values as such', () => {
    const { readings } = visit(meterAt('1'), [
      '7:1.0.99.2.0.255:2#61-62',
      '7:1.0.98.1.0.255:2#12-12',
    ])
    expect(readings.map(({ dataClass }) => dataClass)).toEqual([
      'daily',
      'daily',
      'daily',
      'daily',
      'monthly',
      'monthly',
    ])
    expect(readings.at(-1)?.at).toMatchObject({ time: { month: 11, day: 1, hour: 0 } })
  })

  it('loses no frame for good and takes none twice', () => {
    const items = ['1.8.0', '7:1.0.99.2.0.255:2', '0.0.1.0.0']
    const whole = visit(meterAt('1'), items)
    const lossy = visit(meterAt('1'), items, { losing: 3 })
    expect(lossy.faults).toEqual([])
    expect(lossy.readings).toEqual(whole.readings)
    expect(lossy.frames).toBeGreaterThan(whole.frames)
  })

  it('hears only its own address', () => {
    const face = dlmsFace([meterAt('1/17')], standardDlms('hdlc', gcm))
    const other = dlms.session({ address: '1/18', profile: null }, drawn)
    const [request] = other.plan(['1.8.0'], { address: '1/18', profile: null }).requests
    if (!request) throw new Error('planned one')
    expect(face.receive(other.encode(request), NOON_MS)).toEqual([])
  })
})

describe('the security of a DLMS meter', () => {
  const guarded = { password: 'secret', keys }

  it('shows the public client its names only', () => {
    const { readings, refusals } = visit(meterAt('1'), ['0.0.96.1.0', '1.8.0'], {
      options: guarded,
    })
    expect(readings.map(({ item }) => item)).toEqual(['0.0.96.1.0'])
    expect(refusals).toEqual(['dlms.read-write-denied'])
  })

  it('lets a password read, and a wrong one not', () => {
    const access = { password: 'secret', client: 32 }
    expect(visit(meterAt('1'), ['1.8.0'], { options: guarded, access }).readings).toHaveLength(1)
    const bad = visit(meterAt('1'), ['1.8.0'], {
      options: guarded,
      access: { ...access, password: '0x00' },
    })
    expect(bad.refusals).toEqual(['dlms.authentication-failure'])
  })

  it.each([
    ['hdlc', null],
    ['hdlc', 'general-glo'],
    ['wrapper', 'wrapper'],
    ['wrapper', 'wrapper,general-glo'],
  ])('proves itself by keys and enciphers everything: %s, %s', (_, profile) => {
    const items = ['1.8.0', '7:1.0.99.1.0.255:2#1-40', '15:0.0.40.0.0.255:2']
    const heard = visit(meterAt('1'), items, {
      options: guarded,
      access: withKeys,
      ...(profile === null ? {} : { profile }),
    })
    expect([heard.faults, heard.refusals]).toEqual([[], []])
    expect(heard.readings).toHaveLength(1 + 80 + 1)
    expect(new Set(heard.effects)).toEqual(new Set(['read']))
  })

  it.each([
    ['suite-1', 16],
    ['wrapper,suite-1', 16],
    ['wrapper', 32],
    [null, 32],
  ])('proves itself in the suites above 0: %s, keys of %i bytes', (profile, length) => {
    const encryption = Uint8Array.from({ length }, (_, index) => index)
    const authentication = Uint8Array.from({ length }, (_, index) => 0x80 + index)
    const suite = length === 32 ? 2 : 1
    const access = {
      encryptionKey: toHex(encryption),
      authenticationKey: toHex(authentication),
      client: 1,
    }
    const options = { keys: { encryption, authentication, suite } } as const
    const { readings, refusals, faults } = visit(meterAt('1'), ['1.8.0'], {
      options,
      access,
      ...(profile === null ? {} : { profile }),
    })
    expect([faults, refusals, readings.length]).toEqual([[], [], 1])
    const other = visit(meterAt('1'), ['1.8.0'], { options: { keys }, access })
    expect(other.readings).toEqual([])
  })

  it('takes a counter once, and tells the last one to anybody', () => {
    const meter = meterAt('1')
    const face = dlmsFace([meter], { ...standardDlms('hdlc', gcm), ...guarded })
    const counterItem = '1:0.0.43.1.0.255:2'
    const first = visit(meter, ['1.8.0'], { face, access: withKeys })
    expect(first.readings).toHaveLength(1)
    const told = visit(meter, [counterItem], { face })
    expect(texts(told.readings)).toEqual([`${counterItem}=5`])
    const again = visit(meter, ['1.8.0'], { face, access: { ...withKeys, invocationCounter: 1 } })
    expect([again.readings, again.faults]).toEqual([[], []])
    expect(again.refusals).toEqual(['dlms.authentication-failure'])
    const access = { ...withKeys, invocationCounter: 5 }
    expect(visit(meter, ['1.8.0'], { face, access }).readings).toHaveLength(1)
  })

  it('does not take a key for another, nor is taken in by it', () => {
    const authenticationKey = 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDE'
    const heard = visit(meterAt('1'), ['1.8.0'], {
      options: guarded,
      access: { ...withKeys, authenticationKey },
    })
    expect(heard.readings).toEqual([])
    expect(heard.refusals).toEqual(['dlms.authentication-failure'])
  })
})

describe('the relay and clock of a DLMS meter', () => {
  const place = { address: '1', profile: null }
  const never = { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
  const order = (action: 'trip' | 'close' | 'allow-close') => (session: DlmsSession) =>
    session.order?.({ action, expiresAt: never }, place).requests ?? []

  it('opens and closes as it is told, and the gate is told what goes out', () => {
    const meter = meterAt('1')
    const trip = visit(meter, [], { access: withKeys, options: { keys }, plan: order('trip') })
    expect([trip.faults, trip.refusals]).toEqual([[], []])
    expect(trip.effects.filter((effect) => effect !== 'read')).toEqual(['trip'])
    expect(meter.isClosedAt(NOON_MS + 1)).toBe(false)
    expect(texts(visit(meter, ['0.0.96.3.10']).readings)).toEqual(['0.0.96.3.10=open'])
    const close = visit(meter, [], { plan: order('close') })
    expect(close.effects.filter((effect) => effect !== 'read')).toEqual(['relay'])
    expect(meter.isClosedAt(NOON_MS + DAY_MS)).toBe(true)
  })

  it('is not given an order that its control mode turns into another', () => {
    const meter = meterAt('1')
    for (const [controlMode, action] of [
      [2, 'allow-close'],
      [1, 'close'],
      [0, 'trip'],
    ] as const) {
      const heard = visit(meter, [], { plan: order(action), options: { controlMode } })
      expect(heard.faults).toEqual(['dlms.control-mode'])
      expect(new Set(heard.effects)).toEqual(new Set(['read']))
    }
  })

  it('waits for the button where its control mode says so', () => {
    const meter = meterAt('1')
    const options = { controlMode: 1 } as const
    visit(meter, [], { plan: order('trip'), options })
    visit(meter, [], { plan: order('allow-close'), options })
    const { readings } = visit(meter, ['0.0.96.3.10', '70:0.0.96.3.10.255:3'], { options })
    expect(texts(readings)).toEqual([
      '0.0.96.3.10=open',
      '70:0.0.96.3.10.255:3=ready-for-reconnection',
    ])
  })

  it('takes the time that it is told', () => {
    const meter = meterAt('1')
    const time = { year: 2026, month: 11, day: 22, hour: 12, minute: 34, second: 56 }
    const heard = visit(meter, [], {
      plan: (session) => {
        const set = session.setClock?.(time, place)
        return set ? [set, ...session.plan(['0.0.1.0.0'], place).requests] : []
      },
    })
    expect(heard.effects.filter((effect) => effect !== 'read')).toEqual(['clock'])
    expect(texts(heard.readings)).toEqual(['0.0.1.0.0=2026-11-22T12:34:56'])
  })
})
