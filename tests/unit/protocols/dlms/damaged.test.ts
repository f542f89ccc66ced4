import { describe, expect, it, test } from 'vitest'
import { createDlms } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf, vectors } from './vectors.ts'

const dlms = createDlms(gcm)

/** The description of a frame, each part as `FROM-TO text`. */
function shownOf(hex: string) {
  const { parts, valid, error, address, control, direction, more } = dlms.describe(bytesOf(hex))
  const texts = parts.map(({ from, to, text }) => `${from}-${to} ${text}`)
  return { texts, valid, code: error?.code, error, address, control, direction, more }
}

const whole = '7EA0190321326FD8E6E600C001C100030100010800FF020032687E'

describe('a damaged HDLC frame', () => {
  it('with a wrong check sequence says what it is and what would be right', () => {
    const shown = shownOf(whole.replace('3268', '3269'))
    expect(shown).toMatchObject({
      valid: false,
      code: 'dlms.check',
      address: '1',
      control: '32',
      direction: 'request',
      more: false,
    })
    expect(shown.error?.message).toBe('the check sequence is 32 69, the bytes give 32 68')
    expect(shown.texts).toEqual([
      '1-3 HDLC, 25 bytes between the flags',
      '3-4 to 1',
      '4-5 from 16',
      '5-6 I, N(S) 1, N(R) 1',
      '6-8 check sequence of the header, right',
      '8-11 LLC, command',
      '11-13 GetRequestNormal',
      '13-14 invoke id 1, confirmed, high priority',
      expect.stringMatching(/^14-16 class 3/),
      expect.stringMatching(/^16-22 object /),
      expect.stringMatching(/^22-23 attribute 2/),
      '23-24 whole attribute',
      '24-26 check sequence 32 69, wrong: the bytes give 32 68',
    ])
  })

  it('with a wrong check sequence of the header says so first', () => {
    const shown = shownOf(whole.replace('6FD8', '6FD9'))
    expect(shown.code).toBe('dlms.header-check')
    expect(shown).toMatchObject({ address: '1', control: '32', direction: 'request' })
    expect(shown.texts[4]).toBe(
      '6-8 check sequence of the header 6F D9, wrong: the bytes give 6F D8',
    )
  })

  it('that is cut off says how much is missing, and explains what is there', () => {
    const shown = shownOf(whole.slice(0, 34))
    expect(shown).toMatchObject({ code: 'dlms.length', address: '1', control: '32', more: false })
    expect(shown.error?.message).toBe('cut off: 17 of 27 bytes are there')
    expect(shown.texts.slice(0, 9)).toEqual([
      '1-3 HDLC, 25 bytes between the flags',
      '3-4 to 1',
      '4-5 from 16',
      '5-6 I, N(S) 1, N(R) 1',
      '6-8 check sequence of the header, right',
      '8-11 LLC, command',
      '11-13 GetRequestNormal',
      '13-14 invoke id 1, confirmed, high priority',
      expect.stringMatching(/^14-16 class 3/),
    ])
    expect(shown.texts[9]).toBe('16-17 cut off here')
  })

  it('with another length than it has says both', () => {
    const shown = shownOf(whole.replace('A019', 'A018'))
    expect(shown.code).toBe('dlms.length')
    expect(shown.error?.message).toBe('25 bytes between the flags, 24 announced')
    expect(shown.address).toBe('1')
  })

  it('without an end says what stands there', () => {
    const shown = shownOf(`${whole.slice(0, -2)}7F`)
    expect(shown.code).toBe('dlms.flag')
    expect(shown.texts.at(-1)).toBe('26-27 not the flag 7E')
  })

  it('with a bit wrong anywhere is named, and no byte is explained twice', () => {
    const short = vectors.filter(({ hex }) => hex.startsWith('7E') && hex.length < 100)
    const wrong: string[] = []
    for (const { name, hex } of short) {
      const bytes = bytesOf(hex)
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const flipped = bytes.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const { parts, valid } = dlms.describe(flipped)
        const isInOrder = parts.every(({ from, to }, index) => {
          return from >= (parts[index - 1]?.to ?? 0) && to > from && to <= bytes.length
        })
        if (valid || !isInOrder) wrong.push(`${name}, bit ${bit}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('is told from noise only by a header that checks or an end where it should be', () => {
    expect(shownOf('7EA019').more).toBeNull()
    expect(shownOf('7EA01903213200000000').more).toBeNull()
    expect(shownOf(whole.slice(0, 18)).more).toBe(false)
  })
})

describe('a damaged wrapper', () => {
  it('that is cut off says how much is missing, and explains what is there', () => {
    const shown = shownOf('0001000100100008C001C1')
    expect(shown).toMatchObject({
      valid: false,
      code: 'dlms.wrapper',
      address: '16',
      direction: 'request',
    })
    expect(shown.error?.message).toBe('cut off: 3 of 8 bytes of APDU are there')
    expect(shown.texts).toEqual([
      '0-2 wrapper, version 1',
      '2-4 from port 1',
      '4-6 to port 16',
      '6-8 8 bytes of APDU',
      '8-10 GetRequestNormal',
      '10-11 invoke id 1, confirmed, high priority',
    ])
  })

  it('with more behind it than it says explains what it says', () => {
    const shown = shownOf('0001000100010002C40100')
    expect(shown.error?.message).toBe('3 bytes of APDU, 2 announced')
    expect(shown.direction).toBe('reply')
  })

  it('without a whole header says what of it is there', () => {
    expect(shownOf('00010001').texts).toEqual(['0-2 wrapper, version 1', '2-4 from port 1'])
  })
})

test('an APDU that is cut off is explained as far as it goes', () => {
  const shown = shownOf('C001C1000301000108')
  expect(shown.code).toBe('dlms.apdu')
  expect(shown.texts.slice(0, 2)).toEqual([
    '0-2 GetRequestNormal',
    '2-3 invoke id 1, confirmed, high priority',
  ])
  expect(shown.texts.at(-1)).toMatch(/^5-9 APDU C0 is cut off/)
})
