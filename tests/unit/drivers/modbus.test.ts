import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Channel } from '#drivers/channel'
import { type ModbusDialerOptions, modbusDialer } from '#drivers/modbus'
import { ManualClock, settle, virtualNetwork, virtualSerialPorts } from '#tests/support'

const never = new AbortController().signal
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Worked by hand beside the driver's: CRC-16/MODBUS, low byte first. */
function rtu(text: string): Buffer {
  const bytes = hex(text)
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let i = 0; i < 8; i++) crc = crc % 2 ? ((crc - 1) / 2) ^ 0xa001 : crc / 2
  }
  return Buffer.concat([bytes, Buffer.of(crc & 0xff, crc >> 8)])
}

const SERIAL = {
  kind: 'serial',
  settings: { path: '/dev/ttyUSB0', baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 },
} as const
const TCP = { kind: 'tcp', host: 'meter', port: 502 } as const
const RTU_TCP = { kind: 'rtu-tcp', host: 'gateway', port: 4_001, baud: 9_600 } as const

interface Bench {
  readonly channel: Channel
  readonly clock: ManualClock
  readonly far: Duplex
  /** Requests as the unit saw them, in hex. */
  readonly requests: string[]
  /** Answers as the reader got them, in hex. */
  readonly answers: string[]
  readonly strays: number[]
  send(request: string): Promise<unknown>
  reply(...chunks: Uint8Array[]): Promise<void>
}

async function bench(options: ModbusDialerOptions): Promise<Bench> {
  const clock = new ManualClock()
  const network = virtualNetwork()
  const serialPorts = virtualSerialPorts()
  const strays: number[] = []
  const dialer = modbusDialer(
    { ...options, stray: (count) => strays.push(count) },
    { network, serialPorts, clock },
  )
  const opened = await dialer.open(never)
  if (!opened.ok) throw new Error(opened.error.message)
  const channel = opened.value
  const far = serialPorts.far[0] ?? network.answered[0]
  if (!far) throw new Error('nobody was dialled')
  const requests: string[] = []
  const answers: string[] = []
  far.on('data', (chunk: Buffer) => requests.push(chunk.toString('hex')))
  far.on('error', () => {})
  void (async () => {
    for await (const chunk of channel.bytes()) answers.push(Buffer.from(chunk).toString('hex'))
  })()
  return {
    channel,
    clock,
    far,
    requests,
    answers,
    strays,
    send: async (request) => {
      const sent = channel.send(hex(request), never)
      await clock.advance(50)
      return sent
    },
    reply: async (...chunks) => {
      for (const chunk of chunks) {
        far.write(chunk)
        await settle()
      }
    },
  }
}

describe('a Modbus TCP line', () => {
  it('carries unit and PDU, and answers only the open transaction', async () => {
    const line = await bench(TCP)
    await line.send('01 03 000A 0002')
    expect(line.requests).toEqual(['0001000000060103000a0002'])
    await line.reply(hex('0001 0000 0007 01 03 04 00140016'))
    expect(line.answers).toEqual(['01030400140016'])
    expect(line.channel.facts.framed).toBe(true)
  })

  it('hands an exception on as an answer', async () => {
    const line = await bench(TCP)
    await line.send('01 04 0000 0002')
    await line.reply(hex('0001 0000 0003 01 84 02'))
    expect(line.answers).toEqual(['018402'])
  })

  it('discards the late answer to the request before, equal in unit, function and length', async () => {
    const line = await bench(TCP)
    await line.send('01 03 0000 0001')
    await line.send('01 03 0009 0001')
    await line.reply(hex('0001 0000 0005 01 03 02 1111'))
    expect(line.answers).toEqual([])
    await line.reply(hex('0002 0000 0005 01 03 02 2222'))
    expect(line.answers).toEqual(['0103022222'])
    expect(line.strays).toHaveLength(1)
  })

  it('never gives an answer to the wrong request, whatever the delays', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 20 }),
        async (delays) => {
          const line = await bench(TCP)
          const due: { at: number; bytes: Buffer }[] = []
          for (const [i, delay] of delays.entries()) {
            const address = i.toString(16).padStart(4, '0')
            await line.send(`01 03 ${address} 0001`)
            const id = (i + 1).toString(16).padStart(4, '0')
            due.push({ at: i + delay, bytes: hex(`${id} 0000 0005 01 03 02 ${address}`) })
            const before = line.answers.length
            await line.reply(...due.filter(({ at }) => at === i).map(({ bytes }) => bytes))
            const got = line.answers.slice(before)
            expect(got).toEqual(delay === 0 ? [`010302${address}`] : [])
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('takes an answer in pieces and two messages at once', async () => {
    const line = await bench(TCP)
    await line.send('01 03 0000 0001')
    await line.send('01 03 0000 0001')
    const both = hex('0001 0000 0005 01 03 02 1111 0002 0000 0005 01 03 02 2222')
    for (const byte of both) await line.reply(Buffer.of(byte))
    expect(line.answers).toEqual(['0103022222'])
  })

  it('ends with a sentence when the other side speaks something else', async () => {
    const line = await bench(TCP)
    await line.send('01 03 0000 0001')
    await line.reply(rtu('01 03 02 1111'))
    expect(line.channel.failure).toMatchObject({ code: 'transport.exception' })
    expect(line.channel.failure?.message).toContain('RTU')
  })

  it('ends with a failure when the connection is lost', async () => {
    const line = await bench(TCP)
    line.far.destroy()
    await settle()
    expect(line.channel.failure).toMatchObject({ code: 'transport.closed' })
    expect(await line.send('01 03 0000 0001')).toMatchObject({ ok: false })
  })

  it('carries functions whose answers only TCP can delimit', async () => {
    const line = await bench(TCP)
    await line.send('01 08 0000 1234')
    await line.reply(hex('0001 0000 0006 01 08 0000 1234'))
    expect(line.answers).toEqual(['010800001234'])
  })
})

describe.each([
  ['serial', SERIAL],
  ['RTU inside TCP', RTU_TCP],
] as const)('a Modbus %s line', (_name, options) => {
  it('frames requests with a checksum and takes it off answers', async () => {
    const line = await bench(options)
    await line.clock.advance(1_000)
    await line.send('01 03 000A 0002')
    expect(line.requests).toEqual([rtu('01 03 000A 0002').toString('hex')])
    await line.reply(rtu('01 03 04 00140016'))
    expect(line.answers).toEqual(['01030400140016'])
  })

  it('hands an exception on as an answer', async () => {
    const line = await bench(options)
    await line.clock.advance(1_000)
    await line.send('01 04 0000 0002')
    await line.reply(rtu('01 84 02'))
    expect(line.answers).toEqual(['018402'])
  })

  it('finds the answer in pieces, behind noise and behind its own echo', async () => {
    const line = await bench(options)
    await line.clock.advance(1_000)
    await line.send('01 03 000A 0001')
    await line.reply(rtu('01 03 000A 0001'), hex('ff 01'), rtu('01 03 02 1234').subarray(0, 3))
    expect(line.answers).toEqual([])
    await line.reply(rtu('01 03 02 1234').subarray(3))
    expect(line.answers).toEqual(['0103021234'])
  })

  it('ignores answers of other units, functions and lengths, and damaged ones', async () => {
    const line = await bench(options)
    await line.clock.advance(1_000)
    await line.send('01 03 000A 0001')
    const damaged = rtu('01 03 02 1234')
    damaged[3] = 0x13
    await line.reply(rtu('02 03 02 1234'), rtu('01 04 02 1234'), rtu('01 03 04 12345678'), damaged)
    expect(line.answers).toEqual([])
    await line.reply(rtu('01 03 02 4321'))
    expect(line.answers).toEqual(['0103024321'])
  })

  it('waits out a late answer before a request it could be taken for', async () => {
    const line = await bench({ ...options, lateAnswerMs: 5_000 })
    await line.clock.advance(1_000)
    await line.send('01 03 0000 0001')
    await line.clock.advance(1_000)
    const sent = line.channel.send(hex('01 03 0009 0001'), never)
    await line.clock.advance(1_000)
    expect(line.requests).toHaveLength(1)
    await line.reply(rtu('01 03 02 1111'))
    await line.clock.advance(5_000)
    expect(await sent).toEqual({ ok: true })
    await line.reply(rtu('01 03 02 2222'))
    expect(line.answers).toEqual(['0103022222'])
    expect(line.strays).toHaveLength(1)
  })

  it('goes on at once with other units, and with the same question', async () => {
    const line = await bench({ ...options, lateAnswerMs: 60_000 })
    await line.clock.advance(1_000)
    await line.send('01 03 0000 0001')
    await line.clock.advance(1_000)
    await line.send('02 03 0000 0001')
    await line.reply(rtu('02 03 02 2222'))
    await line.clock.advance(1_000)
    await line.send('01 03 0000 0001')
    await line.reply(rtu('01 03 02 1111'))
    expect(line.answers).toEqual(['0203022222', '0103021111'])
  })

  it('waits no longer once a damaged answer has come in full', async () => {
    const line = await bench({ ...options, lateAnswerMs: 60_000 })
    await line.clock.advance(1_000)
    await line.send('01 03 0000 0001')
    await line.reply(hex('01 03 02 11 11 00 00'))
    await line.clock.advance(1_000)
    await line.send('01 03 0009 0001')
    await line.reply(rtu('01 03 02 2222'))
    expect(line.answers).toEqual(['0103022222'])
  })

  it('stops waiting when the caller does', async () => {
    const line = await bench({ ...options, lateAnswerMs: 60_000 })
    await line.clock.advance(1_000)
    await line.send('01 03 0000 0001')
    const patience = new AbortController()
    const sent = line.channel.send(hex('01 03 0009 0001'), patience.signal)
    await line.clock.advance(1_000)
    patience.abort()
    expect(await sent).toMatchObject({ ok: false, error: { code: 'transport.timeout' } })
    expect(line.requests).toHaveLength(1)
  })

  it('never gives an answer to the wrong request while answers keep the agreed time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            unit: fc.integer({ min: 1, max: 2 }),
            register: fc.integer({ min: 0, max: 3 }),
            delayMs: fc.constantFrom(10, 10, 900, 1_100, 2_500, 4_500, null),
            damaged: fc.boolean(),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        async (questions) => {
          const line = await bench({ ...options, lateAnswerMs: 5_000 })
          for (const { unit, register, delayMs, damaged } of questions) {
            const value = `${unit.toString(16).padStart(2, '0')}${register.toString(16).padStart(2, '0')}`
            let result: unknown = null
            const sending = line.channel.send(Buffer.of(unit, 3, 0, register, 0, 1), never)
            void Promise.resolve(sending).then((sent) => (result = sent))
            // In small steps: a late answer has to be able to meet the next request.
            while (result === null) await line.clock.advance(50)
            expect(result).toEqual({ ok: true })
            if (delayMs !== null) {
              const answer = rtu(`${unit.toString(16).padStart(2, '0')} 03 02 ${value}`)
              if (damaged) answer[4] = 0xff
              line.clock.after(delayMs, () => void line.far.write(answer))
            }
            const before = line.answers.length
            await line.clock.advance(1_000)
            for (const answer of line.answers.slice(before)) {
              expect(answer).toBe(`${unit.toString(16).padStart(2, '0')}0302${value}`)
            }
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('waits for silence before it speaks, and names a line that has none', async () => {
    const line = await bench(options)
    await line.clock.advance(1_000)
    let chatter = true
    const chat = () => {
      if (!chatter) return
      line.far.write(Buffer.of(0x55))
      line.clock.after(5, chat)
    }
    chat()
    await settle()
    const sent = line.channel.send(hex('01 03 0000 0001'), never)
    await line.clock.advance(8_000)
    chatter = false
    expect(await sent).toMatchObject({ ok: false, error: { code: 'transport.busy' } })
    expect(line.requests).toEqual([])
  })

  it('asks one thing at a time', async () => {
    const line = await bench(options)
    const first = line.channel.send(hex('01 03 0000 0001'), never)
    const second = await line.channel.send(hex('01 03 0009 0001'), never)
    expect(second).toMatchObject({ ok: false, error: { code: 'transport.busy' } })
    await line.clock.advance(1_000)
    expect(await first).toEqual({ ok: true })
  })

  it('refuses what it could not recognise the answer of, and what is no request', async () => {
    const line = await bench(options)
    await line.clock.advance(1_000)
    for (const request of ['01 08 0000 1234', '01', '01 83 0000 0001', '01 03 00']) {
      expect(await line.send(request)).toMatchObject({ ok: false, error: { retry: 'never' } })
    }
    expect(line.requests).toEqual([])
  })

  it('reads a device identification that says more follows without asking on its own', async () => {
    const line = await bench(options)
    await line.clock.advance(1_000)
    await line.send('01 2B 0E 01 00')
    await line.reply(rtu('01 2B 0E 01 01 FF 01 01 00 03 41 42 43'))
    expect(line.answers).toEqual(['012b0e0101ff01010003414243'])
    expect(line.requests).toHaveLength(1)
  })

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }),
        async (all) => {
          const line = await bench(options)
          await line.clock.advance(1_000)
          await line.send('01 03 0000 0001')
          for (const chunk of all) await line.reply(Buffer.from(chunk))
          await line.reply(rtu('01 03 02 1234'))
          expect(line.channel.failure).toBeNull()
          expect(line.answers.at(-1)).toBe('0103021234')
        },
      ),
      { numRuns: 50 },
    )
  })
})
