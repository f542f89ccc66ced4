/** Types of a number that fits a JavaScript number, by name. */
export type NumberType =
  | 'double-long'
  | 'double-long-unsigned'
  | 'integer'
  | 'long'
  | 'unsigned'
  | 'long-unsigned'
  | 'enum'

/** Types whose bytes are kept as they are, without tag and length. */
export type BytesType =
  | 'octet-string'
  | 'visible-string'
  | 'utf8-string'
  | 'float32'
  | 'float64'
  | 'date_time'
  | 'date'
  | 'time'
  | 'date_time_s'
  | 'OI'
  | 'OAD'
  | 'OMD'
  | 'TI'
  | 'TSA'
  | 'MAC'
  | 'RN'
  | 'Scaler_Unit'
  | 'COMDCB'
  | 'ROAD'
  | 'Region'
  | 'RSD'
  | 'CSD'
  | 'MS'
  | 'SID'
  | 'SID_MAC'
  | 'RCSD'

/** A self-describing value (Data, §6.4.1). Integers are as sent: the scale is the object's. */
export type Data =
  | { readonly type: 'null' }
  | { readonly type: 'array' | 'structure'; readonly items: readonly Data[] }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: 'long64' | 'long64-unsigned'; readonly value: bigint }
  | { readonly type: 'bit-string'; readonly length: number; readonly bytes: Uint8Array }
  | { readonly type: BytesType; readonly bytes: Uint8Array }
