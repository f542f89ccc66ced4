import { toHex } from '#protocols/bytes'

const MAGIC = 'SIMF'
const VERSION_BYTES = 4
const SUM_BYTES = 4
/** A terminal that took a file is away for a moment and then runs it. */
export const RESTART_MS = 5_000

/** A file that simulated terminals of 376.1 take for one of theirs: its version, what it does, a sum. */
export function simulatedFirmware(version: string, payload: Uint8Array): Uint8Array {
  const head = `${MAGIC}${version.padEnd(VERSION_BYTES).slice(0, VERSION_BYTES)}`
  const whole = Uint8Array.of(...Array.from(head, (sign) => sign.charCodeAt(0)))
  const bytes = new Uint8Array(whole.length + payload.length + SUM_BYTES)
  bytes.set(whole)
  bytes.set(payload, whole.length)
  bytes.set(sumOf(bytes.subarray(0, -SUM_BYTES)), bytes.length - SUM_BYTES)
  return bytes
}

/** The version in such a file; null where it is none, or damaged. */
export function versionOf(file: Uint8Array): string | null {
  const head = String.fromCharCode(...file.subarray(0, MAGIC.length + VERSION_BYTES))
  if (!head.startsWith(MAGIC) || file.length < head.length + SUM_BYTES) return null
  const isWhole = toHex(sumOf(file.subarray(0, -SUM_BYTES))) === toHex(file.subarray(-SUM_BYTES))
  return isWhole ? head.slice(MAGIC.length).trim() : null
}

function sumOf(bytes: Uint8Array): Uint8Array {
  const modulus = 2 ** 32
  const sum = bytes.reduce((all, byte, at) => (all * 31 + byte + at) % modulus, 7)
  return Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum)
}

/** What a terminal keeps of a file on its way, and what it runs. */
export class FirmwareShelf {
  readonly #check: (file: Uint8Array) => string | null
  #parts = new Map<number, Uint8Array>()
  #count = 0
  #version: string
  #coming: { readonly version: string; readonly fromMs: number } | null = null
  /** The file that was taken last, for whoever looks whether it is the right one. */
  taken: Uint8Array | null = null

  /** `check` says which version a whole file is of; null where it is refused. */
  constructor(version: string, check: (file: Uint8Array) => string | null) {
    this.#version = version
    this.#check = check
  }

  versionAt(nowMs: number): string {
    if (this.#coming && nowMs >= this.#coming.fromMs) {
      this.#version = this.#coming.version
      this.#coming = null
    }
    return this.#version
  }

  /** What it has of the file, part by part. */
  get has(): readonly boolean[] {
    return Array.from({ length: this.#count }, (_, part) => this.#parts.has(part))
  }

  get isWhole(): boolean {
    return this.#count > 0 && this.#parts.size === this.#count
  }

  begin(count: number): void {
    this.#parts = new Map()
    this.#count = count
  }

  put(part: number, data: Uint8Array): void {
    if (part < this.#count) this.#parts.set(part, data)
  }

  /** The file as it is together, to be run; false where it fails its check and is thrown away. */
  take(nowMs: number): boolean {
    const parts = Array.from({ length: this.#count }, (_, part) => this.#parts.get(part))
    const file = Uint8Array.from(parts.flatMap((part) => (part ? [...part] : [])))
    const version = this.isWhole ? this.#check(file) : null
    this.begin(0)
    if (version === null) return false
    this.taken = file
    this.#coming = { version, fromMs: nowMs + RESTART_MS }
    return true
  }

  /** Supply fails: what was not put together is gone, unless the memory keeps it. */
  loseSupply(): void {
    this.begin(0)
  }
}
