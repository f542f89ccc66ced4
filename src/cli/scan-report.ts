import { type CliFailure, type ExitCode, exitCodes } from './exit.ts'
import type { CliIo } from './io.ts'
import { type Progress, printJson, progress, reportFailure, say } from './report.ts'
import { renderTable } from './table.ts'

const TOTAL = '1.8.0'

/** A device that answered, and its total energy where it said that. */
export interface FoundRow {
  readonly address: string
  /** Absent where it speaks what the search was for. */
  readonly protocol?: string
  readonly register: string | null
  readonly value: string | null
  readonly unit: string | null
  readonly roundTripMs: number
}

/** Prints what a search finds, wherever it is carried out. */
export class ScanReport {
  readonly #io: CliIo
  readonly #flags: { readonly protocol: string; readonly json?: true }
  readonly #place: string
  readonly #shown: Progress
  readonly #found: FoundRow[] = []
  #untried: string | null = null

  constructor(
    io: CliIo,
    flags: { readonly protocol: string; readonly json?: true },
    place: string,
  ) {
    this.#io = io
    this.#flags = flags
    this.#place = place
    this.#shown = progress(io)
  }

  found(row: FoundRow): void {
    this.#found.push(row)
    this.#shown.clear()
    if (!this.#flags.json) return
    const { address, register, value, unit, roundTripMs } = row
    const { protocol = this.#flags.protocol } = row
    printJson(this.#io, { device: address, protocol, register, value, unit, roundTripMs })
  }

  trying(text: string): void {
    this.#shown.show(`trying ${text}, ${this.#found.length} found`)
  }

  untried(text: string): void {
    this.#untried = text
  }

  async end(failure: CliFailure | null): Promise<ExitCode> {
    const count = this.#found.length
    this.#shown.clear()
    if (!this.#flags.json && count > 0)
      this.#io.stdout.write(await tableOf(this.#found, this.#flags.protocol))
    if (failure === null || count > 0) say(this.#io, `${count} device(s) on ${this.#place}`)
    if (this.#untried !== null) say(this.#io, `${this.#untried} (longer: --limit 5m)`)
    if (failure !== null) {
      const exit = reportFailure(this.#io, failure)
      return count > 0 ? exitCodes.failed : exit
    }
    return count > 0 ? exitCodes.done : exitCodes.notFound
  }
}

function tableOf(found: readonly FoundRow[], asked: string): Promise<string> {
  const right = 'right' as const
  const isAsAsked = found.every(({ protocol = asked }) => protocol === asked)
  const isTotal = found.every(({ register }) => register === null || register === TOTAL)
  return renderTable(
    [
      { title: 'ADDRESS' },
      ...(isAsAsked ? [] : [{ title: 'PROTOCOL' }]),
      ...(isTotal ? [] : [{ title: 'REGISTER' }]),
      { title: isTotal ? 'TOTAL' : 'VALUE', align: right },
      { title: 'UNIT' },
      { title: 'ROUND TRIP', align: right },
    ],
    found.map(({ address, protocol = asked, register, value, unit, roundTripMs }) => [
      address,
      ...(isAsAsked ? [] : [protocol]),
      ...(isTotal ? [] : [register ?? '']),
      value ?? '',
      unit ?? '',
      `${roundTripMs} ms`,
    ]),
  )
}
