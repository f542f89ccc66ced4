import type { Refusal } from '#protocols/model'

/** Data access results (DAR, §6.4.2 table 27): code, stable name, words. */
const rows = [
  [0, 'success', 'done'],
  [1, 'hardware', 'hardware fault'],
  [2, 'temporary', 'temporarily not possible'],
  [3, 'denied', 'reading or writing is denied'],
  [4, 'undefined-object', 'no such object'],
  [5, 'class', 'the object is of another interface class'],
  [6, 'absent-object', 'the object does not exist'],
  [7, 'type', 'wrong type of data'],
  [8, 'range', 'out of range'],
  [9, 'no-block', 'data block not available'],
  [10, 'cancelled', 'transfer of blocks was cancelled'],
  [11, 'no-transfer', 'no transfer of blocks under way'],
  [12, 'write-cancelled', 'writing of blocks was cancelled'],
  [13, 'no-write', 'no writing of blocks under way'],
  [14, 'block-number', 'wrong block number'],
  [15, 'unauthorised', 'wrong password or no authority'],
  [16, 'baud', 'baud rate cannot be changed'],
  [17, 'zones', 'too many year zones'],
  [18, 'periods', 'too many day periods'],
  [19, 'rates', 'too many rates'],
  [20, 'security-mismatch', 'security authentication does not match'],
  [21, 'repeated-top-up', 'the same top-up again'],
  [22, 'esam', 'verification by the security chip failed'],
  [23, 'security', 'security authentication failed'],
  [24, 'customer', 'customer number does not match'],
  [25, 'top-up-count', 'wrong number of the top-up'],
  [26, 'hoarding', 'more purchased than may be held'],
  [27, 'address', 'wrong address'],
  [28, 'symmetric', 'symmetric decryption failed'],
  [29, 'asymmetric', 'asymmetric decryption failed'],
  [30, 'signature', 'wrong signature'],
  [31, 'suspended', 'the meter is suspended'],
  [32, 'time-tag', 'the time tag is not valid: too late'],
  [33, 'timeout', 'the request timed out'],
  [34, 'esam-p1p2', 'P1 P2 of the security chip are wrong'],
  [35, 'esam-lc', 'LC of the security chip is wrong'],
  [36, 'comparison', 'the comparison failed'],
  [255, 'other', 'another error'],
] as const

const byCode = new Map<number, (typeof rows)[number]>(rows.map((row) => [row[0], row]))

export function darWords(code: number): string {
  return `DAR ${code}, ${byCode.get(code)?.[2] ?? 'a code unknown here'}`
}

/** The refusal that a DAR other than 0 is. */
export function darRefusal(code: number): Refusal {
  const name = byCode.get(code)?.[1] ?? `dar-${code}`
  return { code: `dlt698.${name}`, message: darWords(code) }
}
