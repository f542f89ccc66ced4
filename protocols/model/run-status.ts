/**
 * What set bits of the run status words 1 to 7 (电表运行状态字) mean; DL/T 645 and DL/T 698.45
 * (appendix F.1 to F.7) share them. Bits 10 to 15 of word 3 are options of makers; the word itself
 * always stands beside the names.
 */
const phase: readonly (readonly [number, string])[] = [
  [0, 'loss of voltage'],
  [1, 'under-voltage'],
  [2, 'over-voltage'],
  [3, 'loss of current'],
  [4, 'over-current'],
  [5, 'overload'],
  [6, 'power reversed'],
  [7, 'phase loss'],
  [8, 'current cut'],
]

const words: readonly (readonly (readonly [number, string])[])[] = [
  [
    [1, 'demand by interval'],
    [2, 'clock battery low'],
    [3, 'backup battery low'],
    [4, 'active power reversed'],
    [5, 'reactive power reversed'],
    [6, 'remote mode (远程费控)'],
    [14, 'overdraft'],
    [15, 'clock error'],
  ],
  [
    [0, 'active power of phase A reversed'],
    [1, 'active power of phase B reversed'],
    [2, 'active power of phase C reversed'],
    [4, 'reactive power of phase A reversed'],
    [5, 'reactive power of phase B reversed'],
    [6, 'reactive power of phase C reversed'],
  ],
  [
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
  phase,
  phase,
  phase,
  [
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
]

/** Names of the bits set in run status word `number`; none for words that there are not. */
export function runStatusNames(number: number, word: number): readonly string[] {
  return (words[number - 1] ?? []).filter(([bit]) => (word >> bit) & 1).map(([, text]) => text)
}

/** Where the run status words say that the relay is open. */
export const relayStatus = { word: 3, bit: 4 } as const
