import { parentPort } from 'node:worker_threads'
import type { Sheet } from './types.ts'
import { xlsxOf } from './xlsx.ts'

/** The thread that writes a workbook: a table in, its file out. */
const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread only')

port.on('message', async (sheet: Sheet) => {
  port.postMessage(await xlsxOf([sheet]))
})
