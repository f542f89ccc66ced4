import type { FormArgument, GivenArguments, RequestForm } from '#protocols/model'

/** What was given as `NAME=VALUE`, as a form takes it; a sentence on what is wrong otherwise. */
export function takeArguments(
  form: RequestForm,
  texts: readonly string[],
): GivenArguments | string {
  const given = new Map<string, string[]>()
  for (const text of texts) {
    const at = text.indexOf('=')
    const name = text.slice(0, Math.max(0, at))
    const argument = form.arguments.find((one) => one.name === name)
    if (!argument) return `${form.name} takes no "${text}": ${usageOf(form)}`
    const value = text.slice(at + 1)
    const before = given.get(name)
    if (before && !argument.isList) return `${form.name}: ${name} is given twice`
    if (!argument.takes(value)) return `${form.name}: ${name}: allowed: ${argument.says}`
    given.set(name, [...(before ?? []), value])
  }
  for (const { name, usual } of form.arguments) {
    if (given.has(name)) continue
    if (usual === undefined) return `${form.name} wants ${name}=…: ${usageOf(form)}`
    given.set(name, [usual])
  }
  return {
    one: (name) => given.get(name)?.at(-1) ?? '',
    all: (name) => given.get(name) ?? [],
  }
}

/** `freeze when=…`: how a request is asked for. */
function usageOf({ name, arguments: args }: RequestForm): string {
  return [`--request ${name}`, ...args.map(wordOf)].join(' ')
}

function wordOf({ name, usual, isList }: FormArgument): string {
  const word = `${name}=…`
  return `${usual === undefined ? word : `[${word}]`}${isList ? '…' : ''}`
}
