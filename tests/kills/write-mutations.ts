/** The product with one mistake; whoever looks for mistakes must find each. */
export const writeMutations = {
  none: 'as it is',
  'sent-again': 'what was on its way when a process died is sent again, with no look before',
  forgotten: 'what was on its way when a process died is left as it is',
} as const

export type WriteMutation = keyof typeof writeMutations

export const isWriteMutation = (word: string): word is WriteMutation =>
  Object.hasOwn(writeMutations, word)

/** A statement of the product, or that with the mistake. */
export function mutatedStatement(mutation: WriteMutation | string, text: string): string {
  switch (mutation) {
    case 'sent-again':
      return text.replace("set state = 'unknown'", "set state = 'approved'")
    case 'forgotten':
      return text.replace("where state = 'sending' and", "where state = 'sending' and false and")
    default:
      return text
  }
}
