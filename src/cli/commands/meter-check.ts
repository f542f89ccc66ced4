import { Type } from '@sinclair/typebox'
import type { Command } from 'commander'
import { ok } from '#src/core'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit.ts'
import type { HeadEndClient } from '../head-end-client.ts'
import { meterIdOf } from '../meter-lookup.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'
import { wiringExit, wiringText } from '../wiring-view.ts'

const examples = `
Examples:
  hes meter check 112233445566 --server http://127.0.0.1:8080
  hes meter check 112233445566 --feeds-in --json

Without a head-end, on the bus itself: hes check --help. Exit code 1 where
something is wrong or ambiguous, 5 where the meter is silent.
`

/** How often a meter is waited for, each time as long as the head-end does. */
const LOOKS_MAX = 8

const Text = Type.String()
const Check = Type.Object({
  read: Text,
  finished: Type.Boolean(),
  system: Type.Union([Text, Type.Null()]),
  verdict: Type.Union([Text, Type.Null()]),
  findings: Type.Array(
    Type.Object({
      code: Text,
      severity: Text,
      phases: Type.Array(Text),
      evidence: Text,
      en: Text,
      zh: Text,
      doEn: Text,
      doZh: Text,
    }),
  ),
  connections: Type.Array(Text),
  measured: Type.Array(Type.Object({ register: Text, value: Text, unit: Text })),
  failure: Type.Union([Type.Object({ code: Text, message: Text }), Type.Null()]),
})

interface CheckFlags extends OnlineFlags {
  readonly feedsIn?: true
  readonly nominal?: string
  readonly basicCurrent?: string
}

/** `hes meter check`. */
export async function addMeterCheck(command: Command, context: CliContext): Promise<void> {
  const check = await onlineVerb(command, 'check', 'say how it is wired, and what to do')
  check
    .addHelpText('after', examples)
    .argument('<METER>', 'its address, or its number in the archive with a # before it')
    .option('--nominal <V>', 'voltage of one phase')
    .option('--basic-current <A>', 'basic current Ib of the meter')
    .option('--feeds-in', 'the customer may feed in: that is no fault then')
    .action(
      context.runs(async (meter: string, flags: CheckFlags) => {
        let verdict: string | null = null
        let isSilent = false
        const exit = await online<typeof Check>(
          flags,
          context,
          async (client) => {
            const checked = await checkMeter(client, meter, flags)
            if (checked.ok) {
              verdict = checked.value.verdict
              isSilent = checked.value.verdict === null
            }
            return checked
          },
          (told) =>
            told.failure ? `${meter}: ${told.failure.message}\n` : wiringText(meter, told),
        )
        if (exit !== exitCodes.done) return exit
        return isSilent ? exitCodes.noAnswer : wiringExit(verdict)
      }),
    )
}

async function checkMeter(client: HeadEndClient, meter: string, flags: CheckFlags) {
  const id = await meterIdOf(client, meter)
  if (!id.ok) return id
  const body = {
    ...(flags.feedsIn ? { feedsIn: true } : {}),
    ...(flags.nominal === undefined ? {} : { nominalVoltage: Number(flags.nominal) }),
    ...(flags.basicCurrent === undefined ? {} : { basicCurrent: Number(flags.basicCurrent) }),
  }
  const path = `/meters/${id.value}/wiring-check`
  let checked = await client.post(path, body, Check)
  for (let look = 1; checked.ok && !checked.value.finished && look < LOOKS_MAX; look++) {
    checked = await client.post(path, { ...body, read: checked.value.read }, Check)
  }
  return checked.ok ? ok(checked.value) : checked
}
