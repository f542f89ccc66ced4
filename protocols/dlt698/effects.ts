import type { FrameEffect } from '#protocols/model'

/**
 * What a write (SET) to an attribute or a call (ACTION) of a method does, the first row that fits:
 * a pattern of OI, attribute or method, and index. What no row fits is unknown, and never sent.
 */
export const settingEffects: readonly (readonly [RegExp, FrameEffect])[] = [
  [/^400002/, 'clock'],
  [/^4000/, 'mode'],
  [/^400[125]/, 'address'],
  [/^400[89ABCD]/, 'price'],
  [/^401[4-9A-F]/, 'price'],
  [/^400[3-7EF]/, 'write'],
  [/^401[0-3]/, 'write'],
  [/^40[23]/, 'write'],
  [/^41/, 'write'],
  [/^43000[7-9A]/, 'mode'],
  [/^430[0-3]/, 'write'],
  [/^440[01]/, 'key'],
  [/^45[01]/, 'address'],
  [/^4[5-9]/, 'write'],
  [/^F10/, 'key'],
  [/^F205/, 'relay'],
  [/^F20/, 'write'],
  [/^8000/, 'relay'],
  [/^8001/, 'relay'],
  [/^800[2-4]/, 'write'],
  [/^8107/, 'price'],
  [/^810/, 'load-limit'],
  [/^23..(?:0D|0E|0F|10)/, 'load-limit'],
  [/^2[0-4]/, 'write'],
  [/^3[0-3]/, 'write'],
  [/^50/, 'write'],
  [/^6/, 'write'],
]

export const methodEffects: readonly (readonly [RegExp, FrameEffect])[] = [
  [/^40007F/, 'clock'],
  [/^80008[13]/, 'trip'],
  [/^80007F|^80008[024]/, 'relay'],
  [/^80017F|^80018[01]/, 'relay'],
  [/^800[2-4](?:7F|8)/, 'write'],
  [/^8107(?:03|04|05)/, 'price'],
  // Putting a control into force lets the terminal trip by its rounds, now or later.
  [/^810[3-8]06|^81067F/, 'trip'],
  [/^810[3-8]/, 'load-limit'],
  [/^F205/, 'relay'],
  [/^F20/, 'write'],
  [/^F0010[78]00/, 'firmware'],
  [/^F10/, 'key'],
  [/^44/, 'key'],
  [/^430001/, 'mode'],
  [/^4300/, 'clear'],
  [/^[01]...01/, 'clear'],
  [/^2...01/, 'clear'],
  [/^3[0-3]..01/, 'clear'],
  [/^50..0[17]/, 'clear'],
  [/^50..0[3-6]/, 'write'],
  [/^23..0[1-5]/, 'load-limit'],
  [/^24..0[1-5]/, 'write'],
  [/^60008[012]/, 'write'],
  [/^6...(?:01|8[01346])/, 'clear'],
  [/^6...(?:7F|82)/, 'write'],
]

/** Worst first: of several parts of a frame the earliest here counts. */
export const severity: readonly FrameEffect[] = [
  'unknown',
  'trip',
  'firmware',
  'relay',
  'key',
  'clear',
  'mode',
  'address',
  'price',
  'load-limit',
  'clock',
  'write',
  'read',
]
