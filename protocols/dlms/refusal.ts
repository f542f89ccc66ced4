import type { Refusal } from '#protocols/model'
import { type Acse, diagnosticWords } from './acse.ts'
import type { Apdu } from './apdu.ts'
import type { Job } from './job.ts'
import { refusedBy } from './job-answer.ts'
import { controls } from './link.ts'
import { serviceErrorKinds, serviceErrors, stateErrors, wordsOf } from './results-table.ts'
import type { Service } from './services.ts'

const refusal = (code: string, message: string): Refusal => ({ code: `dlms.${code}`, message })

/** What a frame without an APDU refuses. */
export function linkRefusal(control: number | null, isEnding: boolean): Refusal | null {
  if (control === controls.dm && !isEnding) {
    return refusal('link-disconnected', 'the link is not open (DM)')
  }
  if (control === controls.frmr) return refusal('frame-rejected', 'the frame was rejected (FRMR)')
  return null
}

/** What an APDU refuses; the job knows which refusals do not matter. */
export function apduRefusal(apdu: Apdu, job: Job | null): Refusal | null {
  if (apdu.kind === 'acse') return associationRefusal(apdu.acse)
  return apdu.kind === 'service' ? serviceRefusal(apdu.service, job) : null
}

function associationRefusal(acse: Acse): Refusal | null {
  if (acse.kind !== 'aare') return null
  if (acse.result !== null && acse.result !== 0) {
    const words = acse.diagnostic ? diagnosticWords(acse.diagnostic) : null
    const [code, text] = words ?? ['association-rejected', 'no reason given']
    return refusal(code, `the association was rejected: ${text}`)
  }
  // A ConfirmedServiceError in place of the initiate response.
  const user = acse.user
  if (user?.[0] === 0x0e) {
    return refusal('initiate-error', `the association failed: initiate error ${user[3] ?? 0}`)
  }
  return null
}

function serviceRefusal(service: Service, job: Job | null): Refusal | null {
  if (service.kind === 'exception') {
    const [, state] = wordsOf(stateErrors, service.state)
    const [code, text] = wordsOf(serviceErrors, service.service)
    return refusal(code, `${text}; ${state}`)
  }
  if (service.kind === 'service-error') {
    const [kind] = wordsOf(serviceErrorKinds, service.error)
    return refusal('service-error', `service error: ${kind} ${service.value}`)
  }
  const words = refusedBy(job, service)
  return words && refusal(words[0], words[1])
}
