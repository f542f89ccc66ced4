import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { queryText } from '../query-text.ts'

const MaybeText = Type.Union([Type.String(), Type.Null()])
const Origin = Type.Object({
  at: Type.String(),
  value: Type.String(),
  kind: Type.String(),
  counts: Type.Boolean(),
  dataClass: MaybeText,
  source: MaybeText,
  readingQuality: MaybeText,
  verdict: MaybeText,
  method: MaybeText,
  rule: MaybeText,
  ruleVersion: Type.Union([Type.Integer(), Type.Null()]),
  reason: MaybeText,
  madeBy: MaybeText,
  decidedBy: MaybeText,
})
const Boundary = Type.Union([
  Type.Object({
    at: Type.String(),
    value: Type.String(),
    quality: Type.String(),
    rests: Type.Array(Origin),
  }),
  Type.Null(),
])
const Day = Type.Object({
  usagePoint: Type.String(),
  register: Type.String(),
  unit: Type.String(),
  date: Type.String(),
  outcome: Type.String(),
  energy: MaybeText,
  estimated: MaybeText,
  quality: MaybeText,
  kept: Type.Union([
    Type.Object({ energy: Type.String(), quality: Type.String(), computedAt: Type.String() }),
    Type.Null(),
  ]),
  parts: Type.Array(
    Type.Object({
      meter: Type.Object({ address: Type.String() }),
      installedFrom: Type.String(),
      installedTo: MaybeText,
      ratio: Type.Object({ numerator: Type.String(), denominator: Type.String() }),
      outcome: Type.String(),
      energy: MaybeText,
      quality: MaybeText,
      rollOvers: Type.Integer(),
      from: Boundary,
      to: Boundary,
    }),
  ),
})

interface Flags extends OnlineFlags {
  readonly date: string
  readonly register: string
}

/** Where the energy of a day came from: which readings, which meter, what was put in their place. */
export async function addEnergy(command: Command, context: CliContext): Promise<void> {
  const made = await onlineVerb(
    command,
    'energy',
    "where a day's energy of a usage point came from",
  )
  made
    .argument('<USAGE POINT>', 'its code')
    .requiredOption('--date <DATE>', 'civil day, as 2026-11-21')
    .option('--register <OBIS>', 'which register', '1.8.0')
    .action(
      context.runs((code: string, { date, register, ...flags }: Flags) =>
        online<typeof Day>(
          flags,
          context,
          (client) => {
            const path = `/usage-points/${encodeURIComponent(code)}/energy`
            return client.get(`${path}/${encodeURIComponent(date)}${queryText({ register })}`, Day)
          },
          dayText,
        ),
      ),
    )
}

const outcomes: Readonly<Record<string, string>> = {
  fallen: 'none: the register fell and nobody knows why',
  unknown: 'none: too little is known of the register',
}

/** What of a day is known, in lines. */
export function dayText(day: Static<typeof Day>): string {
  const { usagePoint, register, unit, date, energy, quality, estimated, outcome, kept } = day
  const amount =
    energy === null
      ? (outcomes[outcome] ?? outcome)
      : `${energy} ${unit}, ${quality}${Number(estimated) > 0 ? ` (${estimated} estimated)` : ''}`
  const lines = [`${usagePoint}  ${register}  ${date}: ${amount}`]
  if (kept !== null && kept.energy !== energy) {
    lines.push(`kept so far: ${kept.energy} ${unit}, ${kept.quality}, of ${kept.computedAt}`)
  }
  for (const part of day.parts) lines.push(...partLines(part, unit))
  if (day.parts.length === 0) lines.push('No meter hung there.')
  return lines.map((line) => `${line}\n`).join('')
}

function partLines(part: Static<typeof Day>['parts'][number], unit: string): readonly string[] {
  const { meter, ratio, rollOvers, installedFrom, installedTo } = part
  const times =
    ratio.denominator === '1' ? ratio.numerator : `${ratio.numerator}/${ratio.denominator}`
  const amount =
    part.energy === null ? (outcomes[part.outcome] ?? part.outcome) : `${part.energy} ${unit}`
  const rounds =
    rollOvers === 0 ? '' : `, rolled over ${rollOvers === 1 ? 'once' : `${rollOvers} times`}`
  return [
    `  meter ${meter.address} × ${times}, ${installedFrom} to ${installedTo ?? 'now'}: ${amount}${rounds}`,
    ...(['from', 'to'] as const).flatMap((end) => {
      const at = part[end]
      if (at === null) return [`    ${end}: nothing is known`]
      return [
        `    ${end} ${at.at}: ${at.value} (${at.quality})`,
        ...at.rests.map((one) => `      ${originText(one)}`),
      ]
    }),
  ]
}

function originText(one: Static<typeof Origin>): string {
  const said = [
    one.kind,
    one.dataClass,
    one.source,
    one.readingQuality === 'good' ? null : one.readingQuality,
  ]
  const rule = one.rule === null ? null : `rule ${one.rule} version ${one.ruleVersion}`
  const words = [
    ...said,
    one.method === one.rule ? null : one.method,
    one.verdict,
    rule,
    one.madeBy === null ? null : `by ${one.madeBy}`,
    one.decidedBy === null ? null : `decided by ${one.decidedBy}`,
    one.reason === null || one.reason === '' ? null : `"${one.reason}"`,
  ].filter((word) => word !== null)
  return `${one.counts ? '✓' : '✗'} ${one.at} ${one.value}: ${words.join(', ')}`
}
