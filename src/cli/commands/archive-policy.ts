import { type Static, Type } from '@sinclair/typebox'
import { type Command, InvalidArgumentError } from 'commander'
import { approvals } from '#src/registry'
import type { CliContext } from '../context.ts'
import { type OnlineFlags, online, onlineVerb } from '../online.ts'

const Maybe = Type.Union([Type.String(), Type.Null()])
const Policy = Type.Object({
  ...{ approval: Type.String(), aboveRows: Type.Integer(), proposals: Type.String() },
  ...{ setBy: Maybe, setAt: Maybe },
})

interface Flags extends OnlineFlags {
  readonly approval?: string
  readonly aboveRows?: number
  readonly proposals?: string
}

const path = '/archive/policy'

/** Who may change the archive alone: shown, and set by an administrator. */
export async function addPolicy(command: Command, context: CliContext): Promise<void> {
  const words = approvals.join(' or ')
  const policy = await onlineVerb(command, 'policy', 'what another person must agree to')
  policy
    .option('--approval <WHO>', `of files: ${words}`, approval)
    .option('--above-rows <N>', 'only of files that change more rows than so many', rows)
    .option(
      '--proposals <WHO>',
      `of areas and phases that the head-end proposes: ${words}`,
      approval,
    )
    .addHelpText('after', examples)
    .action(
      context.runs((flags: Flags) => {
        const said = Object.entries({
          ...{ approval: flags.approval, aboveRows: flags.aboveRows },
          proposals: flags.proposals,
        }).filter(([, value]) => value !== undefined)
        return online<typeof Policy>(
          flags,
          context,
          async (client) => {
            const found = await client.get(path, Policy)
            if (!found.ok || said.length === 0) return found
            const { setBy: _by, setAt: _at, ...known } = found.value
            return await client.put(path, { ...known, ...Object.fromEntries(said) }, Policy)
          },
          sentences,
        )
      }),
    )
}

const examples = `
Examples:
  hes archive policy
  hes archive policy --approval second-person --above-rows 500
  hes archive policy --proposals second-person

What is not said stays as it is. Only an administrator may set it.
`

function approval(text: string): string {
  const known = approvals.find((word) => word === text)
  if (known === undefined) throw new InvalidArgumentError(`Allowed are ${approvals.join(', ')}.`)
  return known
}

function rows(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('A number of rows.')
  return Number(text)
}

const sentences = (policy: Static<typeof Policy>): string =>
  [
    `approval: ${policy.approval}`,
    `above rows: ${policy.aboveRows}`,
    `proposals: ${policy.proposals}`,
    ...(policy.setAt === null ? [] : [`set: ${policy.setAt} by ${policy.setBy ?? ''}`]),
    '',
  ].join('\n')
