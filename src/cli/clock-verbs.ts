import { type Static, Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { type OnlineFlags, online, onlineVerb } from './online.ts'
import { renderTable } from './table.ts'

const nullableText = Type.Union([Type.String(), Type.Null()])
const nullableNumber = Type.Union([Type.Integer(), Type.Null()])
export const Clock = Type.Object({
  device: Type.String(),
  address: Type.String(),
  measuredAt: nullableText,
  offsetMs: nullableNumber,
  uncertaintyMs: nullableNumber,
  reason: nullableText,
})
const Clocks = Type.Object({ items: Type.Array(Clock), next: nullableText })
export const Correction = Type.Object({
  id: Type.Integer(),
  device: Type.String(),
  address: Type.String(),
  how: Type.String(),
  state: Type.String(),
  offsetMs: nullableNumber,
  peopleNeeded: Type.Integer(),
  approvers: Type.Array(Type.String()),
  after: Type.Union([Type.Object({ offsetMs: nullableNumber }), Type.Null()]),
  reason: nullableText,
  reasonCode: nullableText,
  endedAt: nullableText,
})
const Corrections = Type.Object({ items: Type.Array(Correction), next: nullableText })
const Measured = Type.Object({ devices: Type.Integer() })

/** What a running head-end knows of clocks: `hes clock ls`, `measure`, `correct`, `history`. */
export async function addClockVerbs(command: Command, context: CliContext): Promise<void> {
  const list = await onlineVerb(command, 'ls', 'clocks of a head-end, those furthest off first')
  list.option('--above <SECONDS>', 'only those at least so far off').action(
    context.runs((flags: OnlineFlags & { readonly above?: string }) => {
      const query = new URLSearchParams(flags.above === undefined ? {} : { above: flags.above })
      return online<typeof Clocks>(
        flags,
        context,
        (client) => client.get(`/clocks?${query}`, Clocks),
        clockTable,
      )
    }),
  )
  const measure = await onlineVerb(command, 'measure', 'measure clocks as soon as there is time')
  measure.argument('<DEVICE...>', 'meter-12, terminal-3').action(
    context.runs((devices: string[], flags: OnlineFlags) =>
      online<typeof Measured>(
        flags,
        context,
        (client) => client.post('/clocks/measure', { devices }, Measured),
        ({ devices: count }) => `${count} will be measured.\n`,
      ),
    ),
  )
  const correct = await onlineVerb(command, 'correct', 'ask for a clock to be corrected')
  correct.argument('<DEVICE>', 'meter-12, terminal-3').action(
    context.runs((device: string, flags: OnlineFlags) =>
      online<typeof Correction>(
        flags,
        context,
        (client) => client.post('/clock-corrections', { device }, Correction),
        (one) => correctionTable({ items: [one], next: null }),
      ),
    ),
  )
  for (const act of ['approve', 'reject'] as const) {
    const decide = await onlineVerb(command, act, `${act} a correction`)
    decide.argument('<ID>', 'its number').action(
      context.runs((id: string, flags: OnlineFlags) =>
        online<typeof Correction>(
          flags,
          context,
          (client) =>
            client.post(`/clock-corrections/${encodeURIComponent(id)}/${act}`, {}, Correction),
          (one) => correctionTable({ items: [one], next: null }),
        ),
      ),
    )
  }
  const history = await onlineVerb(command, 'history', 'corrections, newest first')
  history.argument('[DEVICE]', 'of one device').action(
    context.runs((device: string | undefined, flags: OnlineFlags) => {
      const query = new URLSearchParams(device === undefined ? {} : { device })
      return online<typeof Corrections>(
        flags,
        context,
        (client) => client.get(`/clock-corrections?${query}`, Corrections),
        correctionTable,
      )
    }),
  )
}

const titles = (...names: readonly string[]) => names.map((title) => ({ title }))

async function clockTable({ items }: Static<typeof Clocks>): Promise<string> {
  if (items.length === 0) return 'No such clock.\n'
  const rows = items.map(({ device, address, offsetMs, uncertaintyMs, measuredAt, reason }) => [
    device,
    address,
    offsetMs === null ? '' : `${secondsOf(offsetMs)} ±${secondsOf(uncertaintyMs ?? 0)}`,
    measuredAt ?? '',
    reason ?? '',
  ])
  return await renderTable(titles('device', 'address', 'offset s', 'measured', 'failure'), rows)
}

async function correctionTable({ items }: Static<typeof Corrections>): Promise<string> {
  if (items.length === 0) return 'No such correction.\n'
  const rows = items.map((one) => [
    String(one.id),
    one.device,
    one.address,
    one.how,
    one.state,
    one.offsetMs === null ? 'no time' : secondsOf(one.offsetMs),
    one.after?.offsetMs == null ? '' : secondsOf(one.after.offsetMs),
    `${one.approvers.length} of ${one.peopleNeeded}`,
    one.reason ?? '',
  ])
  const names = ['id', 'device', 'address', 'how', 'state', 'before s', 'after s', 'people', 'why']
  return await renderTable(titles(...names), rows)
}

function secondsOf(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
