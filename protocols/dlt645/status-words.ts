/**
 * What the bits of the run status words (电表运行状态字) 040005nn mean when they are set. Bits 10 to
 * 15 of word 3 are options of makers; the hex word always stands beside the names.
 */
const phase = [
  [0, 'loss of voltage'],
  [1, 'under-voltage'],
  [2, 'over-voltage'],
  [3, 'loss of current'],
  [4, 'over-current'],
  [5, 'overload'],
  [6, 'power reversed'],
  [7, 'phase loss'],
  [8, 'current cut'],
] as const

const words: Readonly<Record<string, readonly (readonly [bit: number, text: string])[]>> = {
  '04000501': [
    [1, 'demand by interval'],
    [2, 'clock battery low'],
    [3, 'backup battery low'],
    [4, 'active power reversed'],
    [5, 'reactive power reversed'],
    [14, 'overdraft'],
    [15, 'clock error'],
  ],
  '04000502': [
    [0, 'active power of phase A reversed'],
    [1, 'active power of phase B reversed'],
    [2, 'active power of phase C reversed'],
    [4, 'reactive power of phase A reversed'],
    [5, 'reactive power of phase B reversed'],
    [6, 'reactive power of phase C reversed'],
  ],
  '04000503': [
    [0, 'second period set in use'],
    [1, 'on auxiliary supply'],
    [2, 'on battery'],
    [3, 'programming enabled'],
    [4, 'relay open'],
    [5, 'second zone set in use'],
    [6, 'trip commanded'],
    [7, 'alarm before a trip'],
    [8, 'prepaid by energy'],
    [9, 'prepaid by money'],
    [10, 'second tariff set in use'],
    [11, 'second step set in use'],
    [12, 'power kept (保电)'],
    [13, 'identity authenticated'],
    [14, 'local account closed'],
    [15, 'remote account closed'],
  ],
  '04000504': phase,
  '04000505': phase,
  '04000506': phase,
  '04000507': [
    [0, 'voltage phase sequence reversed'],
    [1, 'current phase sequence reversed'],
    [2, 'voltage unbalance'],
    [3, 'current unbalance'],
    [4, 'auxiliary supply lost'],
    [5, 'power down'],
    [6, 'demand over limit'],
    [7, 'total power factor low'],
    [8, 'severe current unbalance'],
    [9, 'cover open'],
    [10, 'terminal cover open'],
  ],
}

/** Names of the bits set in a status word given as four hex digits; empty for other items. */
export function setBitsOf(dataId: string, word: string): readonly string[] {
  const value = Number.parseInt(word, 16)
  return (words[dataId] ?? []).filter(([bit]) => (value >> bit) & 1).map(([, text]) => text)
}
