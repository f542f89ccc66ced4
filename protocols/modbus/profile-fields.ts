/** A mistake in a file of a register map: where it stands, and what is wrong with it. */
export interface ProfileFault {
  readonly file: string
  /** `head`, or the row of a list by its number from 1: `points 3`. */
  readonly row: string
  readonly field: string
  readonly message: string
}

/** `meters/pump.yaml:points 3:type: …`; whoever knows the line puts it behind the file. */
export function faultText({ file, row, field, message }: ProfileFault): string {
  const place = field === '' ? [file, row] : [file, row, field]
  return `${place.join(':')}: ${message}`
}

/** Reads the fields of one row; every mistake is noted and reading goes on. */
export class FieldReader {
  readonly #row: Readonly<Record<string, unknown>>
  readonly #say: (field: string, message: string) => void

  constructor(
    row: unknown,
    known: readonly string[],
    say: (field: string, message: string) => void,
  ) {
    this.#say = say
    this.#row = isRecord(row) ? row : {}
    if (!isRecord(row)) say('', 'is not a list of fields')
    for (const field of Object.keys(this.#row)) {
      if (!known.includes(field)) say(field, `is unknown; known are ${known.join(', ')}`)
    }
  }

  has(field: string): boolean {
    return this.#row[field] !== undefined
  }

  text(field: string): string {
    const value = this.#row[field]
    if (typeof value === 'string' && value !== '') return value
    return this.#wrong(field, 'must be a text', '')
  }

  /** A whole number, also as `0x0048`; registers of manuals are often written so. */
  integer(field: string, min: number, max: number, missing?: number): number {
    const value = this.#row[field]
    if (value === undefined && missing !== undefined) return missing
    const number = numberOf(value)
    if (number !== undefined && number >= min && number <= max) return number
    return this.#wrong(field, `must be a whole number from ${min} to ${max}`, missing ?? min)
  }

  choice<Choice extends string | number>(
    field: string,
    choices: readonly Choice[],
    missing?: Choice,
  ): Choice | undefined {
    const value = this.#row[field]
    if (value === undefined && missing !== undefined) return missing
    const found = choices.find((choice) => choice === value)
    return found ?? this.#wrong(field, `must be one of ${choices.join(', ')}`, missing)
  }

  /** False where it is missing. */
  flag(field: string): boolean {
    const value = this.#row[field]
    if (value === undefined || typeof value === 'boolean') return value === true
    return this.#wrong(field, 'must be true or false', false)
  }

  /** Whole numbers from 0 to 65535. */
  words(field: string): readonly number[] {
    const numbers = this.list(field).map(numberOf)
    const words = numbers.filter((word) => word !== undefined && word >= 0 && word <= 0xffff)
    if (words.length === numbers.length) return words.map((word) => word ?? 0)
    return this.#wrong(field, 'must be a list of numbers from 0 to 65535', [])
  }

  list(field: string): readonly unknown[] {
    const value = this.#row[field]
    if (value === undefined) return []
    return Array.isArray(value) ? value : this.#wrong(field, 'must be a list', [])
  }

  #wrong<Value>(field: string, message: string, value: Value): Value {
    this.#say(field, this.#row[field] === undefined ? `is missing; it ${message}` : message)
    return value
  }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'string' && /^(?:0x[0-9a-f]{1,4}|\d{1,5})$/i.test(value))
    return Number(value)
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
