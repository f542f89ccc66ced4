import { describe, expect, it } from 'vitest'
import { type PolledMeter, visitEndOf } from '#src/acquisition'
import { idOf, seconds } from '#src/core'
import { settle, toyFrame, toyProtocol } from '#tests/support'
import { ask, limits, never, setUp } from './line-field.ts'
import { field, meters } from './worker-field.ts'

const texts = (words: string) => Uint8Array.from(words, (sign) => sign.charCodeAt(0))

describe('what is heard where nobody answers', () => {
  it('is silence where a converter only hears itself', async () => {
    const { clock, exchange, say, heard } = setUp()
    const outcome = exchange()
    await settle()
    await say(...heard)
    await clock.advance(400)
    expect(await outcome).toMatchObject({
      failure: { code: 'exchange.timeout', message: expect.stringContaining('echo') },
    })
  })

  it('is silence where a module says so in text, and damage where bytes are spoilt', async () => {
    const { clock, exchange, say } = setUp()
    const told = exchange()
    await settle()
    await say(texts('+TIMEOUT\r\n'))
    await clock.advance(400)
    expect(await told).toMatchObject({
      failure: { code: 'exchange.timeout', message: expect.stringContaining('+TIMEOUT') },
    })
    const spoilt = exchange()
    await settle()
    await say(Uint8Array.from([...texts('TIME'), 0xaa, 7]))
    await clock.advance(400)
    expect(await spoilt).toMatchObject({ failure: { code: 'exchange.damaged' } })
  })

  it('is waited through where others talk, to the last moment of the own answer', async () => {
    const { clock, line, say } = setUp()
    const protocol: typeof toyProtocol = {
      ...toyProtocol,
      overhears: (request, response) =>
        response.address !== request.address && response.item !== request.item,
    }
    const exchange = () => line.exchange(protocol, ask, limits, never)
    const answered = exchange()
    await settle()
    await say(toyFrame(8, 4, 0, 1))
    await clock.advance(900)
    await say(toyFrame(7, 3, 0, 42))
    expect(await answered).toMatchObject({ readings: [{ value: { digits: 42 } }] })

    const silent = exchange()
    await settle()
    await say(toyFrame(8, 4, 0, 1))
    await clock.advance(1_001)
    expect(await silent).toMatchObject({ failure: { code: 'exchange.timeout' } })
  })

  it('is not taken for two meters of one number where it is an echo', () => {
    const meter: PolledMeter = {
      id: idOf(1),
      address: '330300000001',
      protocol: 'dlt645-2007',
      profile: null,
    }
    const endOf = (control: number) => {
      const raw = Uint8Array.of(0x68, 1, 0, 0, 0, 3, 0x33, 0x68, control, 1, 0x33, 0, 0x16, 0xff)
      const failure = {
        code: 'exchange.damaged',
        message: '',
        retry: 'now',
        raw,
        fault: null,
      } as const
      return visitEndOf(meter, {
        ...{ readings: [], refusals: [], unsupported: [], unusable: [], roundTripMs: 0 },
        failure,
      })
    }
    expect([endOf(0x91), endOf(0x11)]).toEqual(['clashed', 'damaged'])
  })
})

describe('a meter that sleeps', () => {
  it('is woken once it was silent, and not before', async () => {
    const [meter] = meters
    if (!meter) throw new Error('there is a meter')
    const { clock, asked, woken, outcomes, end } = field({ asleep: [1] })
    await clock.advance(seconds(30))
    expect(asked.filter(([address]) => address === 1)).toHaveLength(2)
    expect(woken).toEqual([1])
    expect(outcomes.find((outcome) => outcome.meter.id === meter.id)?.missed).toBeNull()
    await end()
  })
})
