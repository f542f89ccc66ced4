import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shareLoss, type TransformerRule, transformerLoss } from '#src/lineloss'

const micro = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
}
const exactly: TransformerRule = { shape: '1', powerFactor: '0.8', step: 'micro' }
const plateOf = (kva: string, noLoad: string, load: string, i0 = '0', uk = '4') => ({
  ratedKva: kva,
  noLoadLossW: noLoad,
  loadLossW: load,
  noLoadCurrentPercent: i0,
  shortCircuitPercent: uk,
})

/**
 * Examples worked by hand in an energy assessment of S13 transformers at 10/0.4 kV that carry 0.77
 * of their rating through a year of 8,760 h: https://www.xiaomilidoc.com/p-6309456.html
 */
const published = [
  { kva: '315', noLoad: '480', load: '3650', i0: '0.3', uk: '4.0', kw: '2.64', kvar: '8.42' },
  { kva: '100', noLoad: '200', load: '1500', i0: '0.3', uk: '4.00', kw: '1.09', kvar: '2.67' },
  { kva: '1000', noLoad: '1180', load: '10300', i0: '0.3', uk: '4', kw: '7.29', kvar: null },
]

describe('losses of a transformer', () => {
  it.each(published)('are those of a published example of $kva kVA', (example) => {
    const { kva, noLoad, load, i0, uk, kw, kvar } = example
    const through = (BigInt(kva) * 77n * 8_760n * 1_000_000n) / 100n
    const loss = transformerLoss(
      plateOf(kva, noLoad, load, i0, uk),
      { active: through, reactive: 0n, secondsInService: 8_760 * 3_600 },
      exactly,
    )
    const mean = (energy: bigint) => (Number(energy) / 1e6 / 8_760).toFixed(2)
    expect(mean(loss.active)).toBe(kw)
    if (kvar !== null) expect(mean(loss.reactive)).toBe(kvar)
  })

  it('are iron for the hours in service, and copper by what went through', () => {
    const plate = plateOf('200', '340', '2600', '1', '4')
    const day = { active: micro('2400'), reactive: micro('1800'), secondsInService: 86_400 }
    // 0.34 kW × 24 h; 2.6 kW × (2400² + 1800²) / (200² × 24) h.
    expect(transformerLoss(plate, day, exactly)).toEqual({
      active: micro('32.535'),
      iron: micro('8.16'),
      copper: micro('24.375'),
      // 1 % × 200 × 24, and 4 % × 9,000,000 / (200 × 24).
      reactive: micro('123'),
      assumedReactive: false,
    })
    const assumed = transformerLoss(plate, { ...day, reactive: null }, exactly)
    expect(assumed).toMatchObject({ active: micro('32.535'), assumedReactive: true })
    const whole = transformerLoss(plate, day, { ...exactly, step: 'kwh' })
    expect(whole).toMatchObject({ active: micro('33'), iron: micro('8'), copper: micro('25') })
    const idle = transformerLoss(plate, { ...day, active: 0n, secondsInService: 0 }, exactly)
    expect(idle).toMatchObject({ active: 0n, iron: 0n, copper: 0n, reactive: 0n })
  })

  it('are those of a computation with plain decimals, to the last one', () => {
    const decimals = fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 0, max: 9 }))
    const energy = fc.bigInt({ min: 0n, max: 10n ** 13n })
    fc.assert(
      fc.property(
        ...([decimals, decimals, decimals, energy, energy] as const),
        fc.integer({ min: 1, max: 2_678_400 }),
        fc.integer({ min: 100, max: 250 }),
        (kva, noLoad, load, active, reactive, seconds, shape) => {
          const [s, p0, pk] = [kva, noLoad, load].map(([whole, tenth]) => `${whole}.${tenth}`)
          const plate = plateOf(s ?? '', p0 ?? '', pk ?? '')
          const rule = { ...exactly, shape: (shape / 100).toFixed(2) }
          const loss = transformerLoss(plate, { active, reactive, secondsInService: seconds }, rule)
          expect(loss.active).toBe(oracle(kva, noLoad, load, active, reactive, seconds, shape))
          expect(loss.iron + loss.copper).toBe(loss.active)
        },
      ),
    )
  })

  it('are shared by energy in four decimals, and the largest takes what is left', () => {
    const shared = shareLoss(micro('100'), [micro('1'), micro('1'), micro('1')], 'kwh')
    expect(shared.map(({ ratio, loss }) => [ratio, loss])).toEqual([
      [3_333n, micro('34')],
      [3_333n, micro('33')],
      [3_333n, micro('33')],
    ])
    expect(shareLoss(micro('7'), [0n, 0n], 'kwh').map(({ loss }) => loss)).toEqual([
      micro('3'),
      micro('4'),
    ])
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 40 }),
        fc.bigInt({ min: 0n, max: 10n ** 6n }),
        (energies, kwh) => {
          const shares = shareLoss(kwh * 1_000_000n, energies, 'kwh')
          const sum = shares.reduce((total, { loss }) => total + loss, 0n)
          expect(sum).toBe(kwh * 1_000_000n)
          expect(shares.every(({ loss }) => loss % 1_000_000n === 0n)).toBe(true)
        },
      ),
    )
  })
})

/** The formula in schoolbook decimals of 40 places: long division, digit by digit. */
function oracle(
  kva: readonly [number, number],
  noLoad: readonly [number, number],
  load: readonly [number, number],
  active: bigint,
  reactive: bigint,
  seconds: number,
  shape: number,
): bigint {
  const places = 10n ** 40n
  const tenths = ([whole, tenth]: readonly [number, number]) => BigInt(whole) * 10n + BigInt(tenth)
  const hours = (BigInt(seconds) * places) / 3_600n
  const iron = (tenths(noLoad) * hours * 1_000n) / 10n
  const squares = (active * active + reactive * reactive) * places
  const base = tenths(kva) * tenths(kva) * hours
  const copper =
    (squares * places * BigInt(shape) * tenths(load) * 100n) / (base * 100n * 10n * 1_000_000_000n)
  const sum = iron + copper
  // A tail of nines of the long division is its own rounding, not the formula's.
  return (sum + 10n ** 20n + places / 2n) / places
}
