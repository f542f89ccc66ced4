import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBox, parseRing, ringsOf } from '#src/grid'

describe('a box of the map', () => {
  test('is four numbers in the order of RFC 7946', () => {
    expect(parseBox('121.4,31.1,121.6,31.3')).toEqual({
      ok: true,
      value: [121.4, 31.1, 121.6, 31.3],
    })
  })

  test.each([
    ['1,2,3', 'is not four numbers: west,south,east,north'],
    ['1,2,3,4,5', 'is not four numbers: west,south,east,north'],
    ['1,2,3,NaN', 'is not four numbers: west,south,east,north'],
    ['1,2,3,', 'is not four numbers: west,south,east,north'],
    ['1,2,181,4', 'lies outside ±180° and ±90°'],
    ['1,5,3,4', 'has its south above its north'],
  ])('%s is none', (text, error) => {
    expect(parseBox(text)).toEqual({ ok: false, error })
  })

  test('is one ring, or two where it crosses the antimeridian', () => {
    expect(ringsOf([1, 2, 3, 4])).toHaveLength(1)
    const [west, east] = ringsOf([170, -10, -170, 10])
    expect(west?.map(({ longitude }) => longitude)).toEqual([170, 180, 180, 170])
    expect(east?.map(({ longitude }) => longitude)).toEqual([-180, -170, -170, -180])
  })
})

describe('a polygon', () => {
  test('is pairs of numbers', () => {
    expect(parseRing('1,2,3,4,5,0')).toEqual({
      ok: true,
      value: [
        { longitude: 1, latitude: 2 },
        { longitude: 3, latitude: 4 },
        { longitude: 5, latitude: 0 },
      ],
    })
  })

  test.each([
    ['1,2,3', 'is not pairs of numbers: longitude,latitude,longitude,latitude,…'],
    ['1,2,3,4', 'has fewer than three corners'],
    ['1,2,3,4,1,2', 'has fewer than three corners'],
    ['1,2,3,95,1,0', 'lies outside ±180° and ±90°'],
  ])('%s is none', (text, error) => {
    expect(parseRing(text)).toEqual({ ok: false, error })
  })

  test('is never made of what is no number', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ring = parseRing(text)
        if (ring.ok)
          expect(ring.value.every(({ longitude }) => Number.isFinite(longitude))).toBe(true)
      }),
    )
  })
})
