export type Registers = ReadonlyMap<number, number>

interface Listed {
  readonly id: number
  readonly length: number
}

/** A device that lists these models from a base on; their registers are zero but for `values`. */
export function device(
  base: number,
  models: readonly Listed[],
  values: Registers = new Map(),
): Registers {
  const registers = new Map([
    [base, 0x5375],
    [base + 1, 0x6e53],
  ])
  let address = base + 2
  for (const { id, length } of models) {
    for (let at = 0; at < length; at++) registers.set(address + 2 + at, 0)
    registers.set(address, id)
    registers.set(address + 1, length)
    address += 2 + length
  }
  registers.set(address, 0xffff)
  registers.set(address + 1, 0)
  for (const [at, value] of values) registers.set(at, value)
  return registers
}
