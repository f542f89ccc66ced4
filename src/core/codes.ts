const WIDTH = 0xfee0

/** Digits, letters and what stands between them in numbers; brackets are part of Chinese names. */
const wide = /[\uff0d-\uff19\uff21-\uff3a\uff3f\uff41-\uff5a]/g

/**
 * A number or code as it is meant: Chinese spreadsheets and input methods write the same one in
 * full width as well (１２３).
 */
export function plainCode(written: string): string {
  return written.replace(wide, (sign) => String.fromCharCode(sign.charCodeAt(0) - WIDTH)).trim()
}
