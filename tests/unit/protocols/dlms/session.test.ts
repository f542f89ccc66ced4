import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { createDlms, type DlmsRequest, slave } from '#protocols/dlms'
import { valueText } from '#protocols/model'
import { gcm } from './aes-gcm.ts'
import { bytesOf } from './vectors.ts'

const dlms = createDlms(gcm)
const { link, frame } = slave
const aare =
  '6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501F01F40007'
const nothing: Uint8Array = new Uint8Array(0)

/** A visit whose meter says what the test wants it to say. */
class Stage {
  readonly session
  request: DlmsRequest
  readonly #first: DlmsRequest
  #sent = 0
  #received = 0
  /** More comes without a frame of ours. */
  #waits = false

  constructor(items: readonly string[], access = {}) {
    const meter = { address: '1', profile: null, access }
    this.session = dlms.session(meter, (bytes) => new Uint8Array(bytes))
    const [request] = this.session.plan(items, meter).requests
    if (!request) throw new Error('planned one')
    this.request = request
    this.#first = request
  }

  get sends(): string {
    return toHex(this.session.encode(this.request))
  }

  /** A frame of the meter; gives what it comes to. */
  hear(control: number, info = nothing, segmented = false, source = 1) {
    if (!this.#waits) this.session.encode(this.request)
    const destination = { upper: 16, lower: null, bytes: 1 } as const
    const from = { upper: source, lower: null, bytes: 1 } as const
    const built = frame.build({ destination, source: from, control, segmented, info })
    const decoded = this.session.decode(built)
    if (decoded.kind === 'malformed') return decoded.malformed.code
    if (!this.session.answers(this.request, decoded.response)) return 'stray'
    if (decoded.kind === 'refusal') return decoded.refusal.code
    const next = this.session.follow(this.request, decoded.response)
    if (next) this.request = next
    this.#waits = this.session.goesOn?.(this.request, decoded.response) === true
    if (this.#waits) return 'waits'
    return next ? 'goes on' : 'done'
  }

  /** An information frame with the numbers that are due. */
  say(hex: string, segmented = false, polled = false) {
    if (!polled) this.#received = (this.#received + 1) & 7
    const control = link.information(this.#sent, this.#received)
    this.#sent = (this.#sent + 1) & 7
    return this.hear(control, bytesOf(hex), segmented)
  }

  opened(): this {
    expect(this.hear(link.controls.ua)).toBe('goes on')
    expect(this.say(`E6E700${aare}`)).toBe('goes on')
    return this
  }

  get readings() {
    return this.session.readings(this.#first, [])
  }
}

describe('pieces', () => {
  const apdu = 'C401C1000906414243444546'

  it('join, and an LLC header stands in the first only', () => {
    const stage = new Stage(['1:0.0.42.0.0.255:2']).opened()
    expect(stage.say(`E6E700${apdu.slice(0, 14)}`, true)).toBe('goes on')
    expect(stage.sends.slice(10, 12)).toBe('51')
    expect(stage.say(apdu.slice(14), false, true)).toBe('done')
    const read = stage.readings
    expect(read.ok && read.readings.map(({ value }) => valueText(value))).toEqual(['ABCDEF'])
  })

  it('of ours wait for RR each, and for longer where the meter is busy', () => {
    const stage = new Stage(['1.8.0'], { password: 'x'.repeat(200) })
    expect(stage.hear(link.controls.ua)).toBe('goes on')
    expect(stage.sends.slice(2, 4)).toBe('A8')
    expect(stage.hear(link.receiveReady(1) | 0x04)).toBe('goes on')
    expect(stage.sends.slice(10, 12)).toBe('11')
    expect(stage.hear(link.receiveReady(1))).toBe('goes on')
    expect(stage.sends.slice(2, 4)).toBe('A0')
    expect(stage.sends.slice(10, 12)).toBe('12')
    const control = link.information(0, 2)
    expect(stage.hear(control, bytesOf(`E6E700${aare}`))).toBe('goes on')
  })

  it('keep the limit that the meter names', () => {
    const stage = new Stage(['1.8.0'], { password: 'x'.repeat(100) })
    const limits = { sends: 64, takes: 64, sendWindow: 1, takeWindow: 1 }
    expect(stage.hear(link.controls.ua, link.writeLimits(limits))).toBe('goes on')
    expect(bytesOf(stage.sends).length).toBe(64 + 11)
  })
})

describe('frames that do not belong', () => {
  it('are strays: another address, a number that is not due, a repetition', () => {
    const stage = new Stage(['0.0.1.0.0']).opened()
    const clock = bytesOf('E6E700C401C100090C07E40509060E1A0FFF00B400')
    const due = link.information(1, 2)
    expect(stage.hear(due, clock, false, 2)).toBe('stray')
    expect(stage.hear(link.information(0, 2), clock)).toBe('stray')
    expect(stage.hear(link.information(1, 1), clock)).toBe('stray')
    const other = bytesOf('E6E700C401C200090C07E40509060E1A0FFF00B400')
    expect(stage.hear(due, other)).toBe('stray')
    expect(stage.hear(due, bytesOf('E6E700C501C100'))).toBe('stray')
    expect(stage.hear(due, clock)).toBe('done')
    const read = stage.readings
    expect(read.ok && read.readings[0]?.value).toEqual({
      kind: 'text',
      text: '2020-05-09T14:26:15',
    })
  })

  it('are the same bytes when they are asked for again', () => {
    const stage = new Stage(['1.8.0'], {
      encryptionKey: '000102030405060708090A0B0C0D0E0F',
      authenticationKey: '000102030405060708090A0B0C0D0E0F',
    })
    expect(stage.hear(link.controls.ua)).toBe('goes on')
    expect(stage.sends).toBe(stage.sends)
    expect(stage.session.invocationCounter).toBe(1)
  })
})

describe('a meter that says no', () => {
  it.each([
    [link.controls.dm, 'dlms.link-disconnected'],
    [link.controls.frmr, 'dlms.frame-rejected'],
  ])('by %i: %s, and the link is opened anew', (control, code) => {
    const stage = new Stage(['1.8.0']).opened()
    expect(stage.hear(control)).toBe(code)
    expect(stage.sends.slice(10, 12)).toBe('93')
  })

  it.each([
    ['D80102', 'dlms.service-not-supported'],
    ['D8010600000005', 'dlms.invocation-counter-error'],
    ['0E010601', 'dlms.service-error'],
    ['C401C10103', 'dlms.read-write-denied'],
    ['C401C101C8', 'dlms.result-200'],
    ['C402C10100000001010B', 'dlms.object-unavailable'],
  ])('by %s: %s', (hex, code) => {
    expect(new Stage(['0.0.1.0.0']).opened().say(`E6E700${hex}`)).toBe(code)
  })

  it('to the association, is not asked again: the link is ended, for the same reason', () => {
    const stage = new Stage(['1.8.0'])
    expect(stage.hear(link.controls.ua)).toBe('goes on')
    const refused = '6117A109060760857405080101A203020101A305A10302010D'
    expect(stage.say(`E6E700${refused}`)).toBe('dlms.authentication-failure')
    expect(stage.sends.slice(10, 12)).toBe('53')
    expect(stage.hear(link.controls.ua)).toBe('dlms.authentication-failure')
    expect(stage.hear(link.controls.dm)).toBe('dlms.authentication-failure')
  })

  it('has not proven that it has the keys, or answers plainly', () => {
    const text = '000102030405060708090A0B0C0D0E0F'
    const keys = { encryption: bytesOf(text), authentication: bytesOf(text) }
    const title = bytesOf('4D4D4D0000BC614E')
    const stage = new Stage(['1.8.0'], { encryptionKey: text, authenticationKey: text })
    expect(stage.hear(link.controls.ua)).toBe('goes on')
    const challenged = slave.apdu.writeAcse({
      ...slave.apdu.noAcse,
      kind: 'aare',
      context: 3,
      result: 0,
      diagnostic: { source: 'user', value: 14 },
      title,
      mechanism: 5,
      authentication: bytesOf('503677524A323146'),
    })
    expect(stage.say(`E6E700${toHex(challenged)}`)).toBe('goes on')
    const plain = 'C701C100010009111000000001000000000000000000000000'
    expect(stage.hear(link.information(1, 2), bytesOf(`E6E700${plain}`))).toBe('dlms.not-ciphered')
    const sealed = slave.security.encipher({ gcm, keys, title }, bytesOf(plain), 1, 'service')
    const info = bytesOf(`E6E700${toHex(sealed)}`)
    expect(stage.hear(link.information(1, 2), info)).toBe('dlms.meter-not-proven')
  })
})

describe('blocks', () => {
  const blockOf = (number: number, last: number, hex: string) =>
    `E6E700C402C1${last === 1 ? '01' : '00'}0000000${number}00${(hex.length / 2)
      .toString(16)
      .padStart(2, '0')}${hex}`

  it('are asked for by number and joined', () => {
    const stage = new Stage(['1:0.0.42.0.0.255:2']).opened()
    expect(stage.say(blockOf(1, 0, '09044142'))).toBe('goes on')
    expect(stage.sends).toContain('C002C100000001')
    expect(stage.say(blockOf(2, 1, '4344'))).toBe('done')
    const read = stage.readings
    expect(read.ok && read.readings.map(({ value }) => valueText(value))).toEqual(['ABCD'])
  })

  it.each([
    ['out of order', blockOf(3, 1, '4344'), 'dlms.block-number'],
    ['that end too early', blockOf(2, 1, '43'), 'dlms.blocks'],
  ])('%s are no answer', (_, last, code) => {
    const stage = new Stage(['1:0.0.42.0.0.255:2']).opened()
    expect(stage.say(blockOf(1, 0, '09044142'))).toBe('goes on')
    expect(stage.say(last)).toBe('done')
    const read = stage.readings
    expect(!read.ok && read.malformed.code).toBe(code)
  })
})

describe('an answer by general block transfer', () => {
  // EnergyICT's GeneralBlockTransferHandlerTest (chandangeek/Connexo_Code): block headers and
  // confirmations with a window of five; the APDU inside is worked by hand.
  const apdu = 'C401C1000908' + '4142434445464748'
  const piece = (head: string, from: number, to: number) =>
    `E6E700E0${head}${((to - from) / 2).toString(16).padStart(2, '0')}${apdu.slice(from, to)}`
  const item = '1:0.0.42.0.0.255:2'
  const said = (stage: Stage) => {
    const read = stage.readings
    return read.ok ? read.readings.map(({ value }) => valueText(value)) : read.malformed.code
  }

  it('is confirmed block by block, and joined', () => {
    const stage = new Stage([item]).opened()
    expect(stage.say(piece('0500010000', 0, 4))).toBe('goes on')
    expect(stage.sends).toContain('E6E600E0810001000100')
    expect(stage.session.effect(bytesOf(stage.sends))).toBe('read')
    expect(stage.say(piece('0500020001', 4, 12))).toBe('goes on')
    expect(stage.sends).toContain('E6E600E0810002000200')
    expect(stage.sends).toBe(stage.sends)
    expect(stage.say(piece('8500030002', 12, 28))).toBe('done')
    expect(said(stage)).toEqual(['ABCDEFGH'])
  })

  it('is waited for while it comes by itself', () => {
    const stage = new Stage([item]).opened()
    expect(stage.say(piece('4500010000', 0, 4))).toBe('waits')
    expect(stage.say(piece('4500020000', 4, 8), false, true)).toBe('waits')
    expect(stage.say(piece('0500030000', 8, 12), false, true)).toBe('goes on')
    expect(stage.sends).toContain('E6E600E0810001000300')
    expect(stage.say(piece('8500040001', 12, 28))).toBe('done')
    expect(said(stage)).toEqual(['ABCDEFGH'])
  })

  it('may come in pieces of the link as well', () => {
    const stage = new Stage([item]).opened()
    const [whole, rest] = [piece('4500010000', 0, 12), piece('8500020000', 12, 28)]
    expect(stage.say(whole.slice(0, 12), true)).toBe('goes on')
    expect(stage.say(whole.slice(12), false, true)).toBe('waits')
    expect(stage.say(rest.slice(0, 14), true, true)).toBe('goes on')
    expect(stage.say(rest.slice(14), false, true)).toBe('done')
    expect(said(stage)).toEqual(['ABCDEFGH'])
  })

  it.each([
    ['was lost', '0500030001'],
    ['comes again', '0500010001'],
  ])('is none where a block %s', (_, head) => {
    const stage = new Stage([item]).opened()
    expect(stage.say(piece('0500010000', 0, 4))).toBe('goes on')
    expect(stage.say(piece(head, 4, 12))).toBe('dlms.block-number')
  })

  it('is none where a block is cut off, or comes before anything was asked for', () => {
    const stage = new Stage([item]).opened()
    expect(stage.say('E6E700E08500010000')).toBe('dlms.apdu')
    const early = new Stage([item])
    expect(early.hear(link.controls.ua)).toBe('goes on')
    expect(early.say(piece('0500010000', 0, 4))).toBe('stray')
  })

  it('is asked for only where the profile says so', () => {
    const conformance = (profile: string | null) => {
      const meter = { address: '1', profile }
      const session = dlms.session(meter, (bytes) => new Uint8Array(bytes))
      const [request] = session.plan(['1.8.0'], meter).requests
      return request && toHex(session.encode(request)).slice(-14)
    }
    expect(conformance('wrapper')).toBe('0400' + '005E1F' + '2000')
    expect(conformance('wrapper,gbt')).toBe('0400' + '205E1F' + '2000')
  })
})
