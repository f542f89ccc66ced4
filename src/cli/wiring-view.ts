import { exitCodes } from './exit.ts'
import { renderTable } from './table.ts'

/** What a wiring check says, whoever made it. */
export interface ShownCheck {
  readonly system: string | null
  readonly verdict: string | null
  readonly findings: readonly {
    readonly code: string
    readonly severity: string
    readonly phases: readonly string[]
    readonly evidence: string
    readonly en: string
    readonly zh: string
    readonly doEn: string
    readonly doZh: string
  }[]
  readonly connections: readonly string[]
  readonly measured: readonly {
    readonly register: string
    readonly value: string
    readonly unit: string
  }[]
}

const columns = [
  { title: 'REGISTER' },
  { title: 'VALUE', align: 'right' as const },
  { title: 'UNIT' },
]

/** Numbers first, then what they mean and what to do. */
export async function wiringText(device: string, check: ShownCheck): Promise<string> {
  const rows = check.measured.map(({ register, value, unit }) => [register, value, unit])
  const table = rows.length === 0 ? '' : await renderTable(columns, rows)
  const findings = check.findings.map(({ severity, phases, en, zh, evidence, doEn, doZh }) => {
    const where = phases.length === 0 ? '' : ` (${phases.join(', ')})`
    const shown = evidence === '' ? '' : `\n    shown by: ${evidence}`
    return `  ${severity}: ${en} ${zh}${where}${shown}\n    do: ${doEn} ${doZh}\n`
  })
  const system = check.system ?? 'nothing measured'
  const connection = check.connections[0] === undefined ? '' : `, currents ${check.connections[0]}`
  return `${table}${findings.join('')}${device}: ${system}${connection}. Verdict: ${check.verdict ?? 'unknown'}\n`
}

/** Right or with remarks is done; anything else is not. */
export const wiringExit = (verdict: string | null) =>
  verdict === 'right' || verdict === 'remarks' ? exitCodes.done : exitCodes.failed
