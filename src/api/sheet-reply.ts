import type { FastifyReply } from 'fastify'
import { type Sheet, type SheetFormat, sheetFile } from '#src/sheets'

const types: Readonly<Record<SheetFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

/** Answers with a table as a file that a browser saves under the sheet's name. */
export async function sendSheet(
  reply: FastifyReply,
  sheet: Sheet,
  format: SheetFormat,
): Promise<void> {
  const file = Buffer.from(await sheetFile(sheet, format))
  const name = encodeURIComponent(`${sheet.name}.${format}`)
  await reply
    .type(types[format])
    .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
    .send(file)
}
