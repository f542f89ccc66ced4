import { dlt645, dlt645v1997 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import { dlms, type MeterReader, meterReader, readerThroughTerminals } from '#src/acquisition'

/** What the head-end asks meters in, beside Modbus, which also knows maps of the user's own. */
export const readers: readonly MeterReader[] = [
  readerThroughTerminals(dlt645),
  readerThroughTerminals(dlt645v1997),
  meterReader(gdw376),
  readerThroughTerminals(dlt698),
  meterReader(dlms),
]
