/** `0.046154` as `4.6154 %`, by moving the point. */
export function percent(rate: string): string {
  const sign = rate.startsWith('-') ? '-' : ''
  const digits = rate.replace(/[-.]/g, '')
  const at = digits.length - 4
  return `${sign}${digits.slice(0, at).replace(/^0+(?=\d)/, '')}.${digits.slice(at)} %`
}

export const columnsOf = (left: readonly string[], right: readonly string[]) => [
  ...left.map((title) => ({ title })),
  ...right.map((title) => ({ title, align: 'right' as const })),
]

interface Manager {
  readonly name: string
  readonly staffNo: string | null
  readonly phone: string | null
}

/** Whom to ask, and where: `Wang Fang 1207 139…`. */
export const managerText = (manager: Manager | null): string =>
  manager === null
    ? '–'
    : [manager.name, manager.staffNo, manager.phone].filter((part) => part !== null).join(' ')
