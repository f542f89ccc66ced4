import { createHash } from 'node:crypto'
import type { CivilTime } from '#src/core'
import type { Db } from '#src/db'
import { csvLines, csvText, type Sheet } from '#src/sheets'
import { selectLines } from './batch-queries.ts'
import type { Batch, BatchRow, RouteLanguage } from './types.ts'

/** Rows of one part. */
const PART = 5_000

const headings: Readonly<Record<RouteLanguage, readonly string[]>> = {
  en: [
    ...['line', 'account', 'usage_point', 'meter', 'register', 'previous_at', 'previous'],
    ...['current_at', 'current', 'multiplier', 'energy', 'unit', 'how', 'quality', 'roll_overs'],
  ],
  zh: [
    ...['序号', '户号', '用电点', '表地址', '示数类型', '上次抄表时间', '上次示数'],
    ...['本次抄表时间', '本次示数', '综合倍率', '电量', '单位', '抄表方式', '数据质量', '满度归零'],
  ],
}

/** Places of what is counted: line, both registers, energy and roll-overs. */
const numbers: ReadonlySet<number> = new Set([0, 6, 8, 10, 14])

const words: Readonly<Record<string, string>> = {
  remote: '远程',
  handheld: '掌机',
  self: '自报',
  manual: '手工',
  estimated: '估算',
  edited: '人工修正',
  measured: '实测',
  interpolated: '插值',
  suspect: '存疑',
}

/** The table of a batch: always the same text for the same batch. */
export async function* batchFile(
  db: Db,
  civil: CivilTime,
  { id, date }: Pick<Batch, 'id' | 'date'>,
  language: RouteLanguage,
): AsyncGenerator<string> {
  yield csvText([headings[language]])
  let after = 0
  for (;;) {
    const rows = await selectLines(db, id, date, { after, limit: PART })
    if (rows.length > 0) yield csvLines(rows.map((row) => cellsOf(civil, row, language)))
    if (rows.length < PART) return
    after = rows.at(-1)?.line ?? after
  }
}

/** All of a batch for a workbook; numbers are numbers there. */
export async function batchTable(
  db: Db,
  civil: CivilTime,
  { id, date, language, rows }: Batch,
): Promise<Pick<Sheet, 'columns' | 'rows'>> {
  const lines = await selectLines(db, id, date, { after: null, limit: rows })
  return {
    columns: headings[language].map((title, index) => {
      return { title, kind: numbers.has(index) ? ('number' as const) : ('text' as const) }
    }),
    rows: lines.map((row) => cellsOf(civil, row, language)),
  }
}

export async function hashOf(parts: AsyncIterable<string>): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of parts) hash.update(part)
  return hash.digest('hex')
}

function cellsOf(civil: CivilTime, row: BatchRow, language: RouteLanguage): string[] {
  const word = (text: string) => (language === 'zh' ? (words[text] ?? text) : text)
  return [
    ...[String(row.line), row.account, row.usagePoint, row.meter, row.register],
    ...[civil.iso(row.from), row.previous, civil.iso(row.to), row.current, row.multiplier],
    ...[row.energy, row.unit, word(row.how), word(row.quality), String(row.rollOvers)],
  ]
}
