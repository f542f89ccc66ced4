import { noAcse, readInitiate, writeAcse, writeInitiate } from './acse.ts'
import { parseApdu } from './apdu.ts'
import { Cursor } from './cursor.ts'
import { obisBytes, obisOf, readData } from './data.ts'
import { array, integer, octets, structure, writeData } from './data-writer.ts'
import { buildHdlc } from './frame.ts'
import {
  controls,
  information,
  isInformation,
  isSupervisory,
  readLimits,
  receiveNumber,
  receiveReady,
  sendNumber,
  standardLimits,
  writeLimits,
} from './link.ts'
import { conformanceOf } from './results-table.ts'
import {
  answerChallenge,
  decipher,
  encipher,
  isAnswerToChallenge,
  readCiphered,
} from './security.ts'
import { joined } from './sized.ts'
import { readTime, writeTime } from './time.ts'
import { writeTransfer } from './transfer.ts'
import { parseFrame, responseLlc, withoutLlc } from './transport.ts'
import { unitCode } from './units-table.ts'
import { buildWrapped } from './wrapper.ts'
import { writeService } from './write-service.ts'

/** The same codec the other way round: what a meter needs, and those who prove the codec. */
export const slave = {
  frame: { parse: parseFrame, build: buildHdlc, buildWrapped, withoutLlc, responseLlc },
  link: {
    controls,
    information,
    isInformation,
    isSupervisory,
    receiveNumber,
    sendNumber,
    receiveReady,
    readLimits,
    writeLimits,
    standardLimits,
  },
  apdu: {
    parse: parseApdu,
    writeService,
    writeTransfer,
    writeAcse,
    noAcse,
    readInitiate: (bytes: Uint8Array) => readInitiate(new Cursor(bytes)),
    writeInitiate,
    conformanceOf,
  },
  data: {
    read: (bytes: Uint8Array) => {
      const cursor = new Cursor(bytes)
      const data = readData(cursor)
      return cursor.isDone ? data : null
    },
    write: writeData,
    octets,
    integer,
    structure,
    array,
    obisOf,
    obisBytes,
    readTime,
    writeTime,
    unitCode,
  },
  security: {
    encipher,
    decipher,
    answerChallenge,
    isAnswerToChallenge,
    read: (bytes: Uint8Array) => readCiphered(new Cursor(bytes)),
  },
  join: joined,
} as const
