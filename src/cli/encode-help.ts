import type { ProtocolName, RequestForm, RequestForms } from '#protocols/model'
import type { CliContext } from './context.ts'

const COLUMNS = 80
const INDENT = 4

/** The requests that each protocol has beside its items, as its table says them. */
export async function requestsHelp(
  protocols: readonly ProtocolName[],
  { actions }: CliContext,
): Promise<string> {
  const blocks = await Promise.all(
    protocols.map(async (protocol) => {
      const encoder = await actions.frameEncoder(protocol)
      return encoder ? blockOf(protocol, encoder.forms) : []
    }),
  )
  const head = 'Requests by protocol; [ ] may be left out, … may be given several times:'
  return ['', head, ...blocks.flat()].join('\n')
}

function blockOf(
  protocol: ProtocolName,
  { requests, writes }: Pick<RequestForms, 'requests' | 'writes'>,
): readonly string[] {
  const head = `${protocol}, writes as --item ${writes}`
  return ['', ...wrapped(head.split(' '), 2), ...requests.flatMap(linesOf)]
}

function linesOf({ name, says, arguments: args }: RequestForm): readonly string[] {
  const words = args.map(({ name: argument, says: form, usual, isList }) => {
    const word = `${argument}=${form}${isList ? ' …' : ''}`
    return usual === undefined ? word : `[${word}]`
  })
  return [
    ...wrapped(`${name}: ${says}`.split(' '), INDENT),
    ...wrapped(words.join('; ').split(' '), INDENT + 2),
  ]
}

function wrapped(words: readonly string[], indent: number): readonly string[] {
  const lines: string[] = []
  for (const word of words.filter((each) => each !== '')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(' '.repeat(indent + (lines.length === 0 ? 0 : 2)) + word)
  }
  return lines
}
