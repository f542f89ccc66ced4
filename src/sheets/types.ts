/**
 * A table that leaves for a spreadsheet. Cells are text as it is to be read; `number` columns hold
 * exact decimals, and an empty text is a missing value.
 */
export interface Sheet {
  readonly name: string
  readonly columns: readonly SheetColumn[]
  readonly rows: readonly (readonly string[])[]
}

export interface SheetColumn {
  readonly title: string
  readonly kind: 'text' | 'number'
}

export const sheetFormats = ['csv', 'xlsx'] as const
export type SheetFormat = (typeof sheetFormats)[number]
