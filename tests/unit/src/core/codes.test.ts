import { describe, expect, test } from 'vitest'
import { plainCode } from '#src/core'

describe('a code', () => {
  test('is the same in full width, as Chinese spreadsheets and input methods write it', () => {
    expect(plainCode('１２３')).toBe('123')
    expect(plainCode('　ＡＢ－ｚ０９／１．２＿　')).toBe('AB-z09/1.2_')
  })

  test('keeps Chinese letters and the signs that belong to them', () => {
    expect(plainCode('一号台（东）')).toBe('一号台（东）')
  })
})
