/* A calendar file (RFC 5545) made on the patient's own device: when and where, and nothing of why. */

const escape = (text) => text.replace(/[\\;,]/g, "\\$&").replace(/\n/g, "\\n")
const stamp = (instant) => new Date(instant).toISOString().replace(/[-:]|\.\d+/g, "")

/** Fold at 75 octets, never inside a letter (RFC 5545, section 3.1). */
function fold(line) {
  const lines = [""]
  let octets = 0
  for (const sign of line) {
    const size = new TextEncoder().encode(sign).length
    if (octets + size > 74) {
      lines.push("")
      octets = 0
    }
    lines[lines.length - 1] += sign
    octets += size
  }
  return lines.join("\r\n ")
}

/** One event with an alarm a day before; the title is neutral, the id says nothing (RFC 7986).
    Without a place it is a discreet one: a time, and no more, and no alarm. */
export function calendarFile({ start, end, title, place, phone }, now) {
  const open = place && [
    `LOCATION:${escape(place)}`, `DESCRIPTION:${escape(phone)}`,
    "BEGIN:VALARM", "ACTION:DISPLAY", `DESCRIPTION:${escape(title)}`, "TRIGGER:-P1D", "END:VALARM",
  ]
  return [
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Souspli//FR", "BEGIN:VEVENT",
    `UID:${crypto.randomUUID()}`, `DTSTAMP:${stamp(now)}`, `DTSTART:${stamp(start)}`, `DTEND:${stamp(end)}`,
    `SUMMARY:${escape(title)}`, "CLASS:PRIVATE", ...(open || []),
    "END:VEVENT", "END:VCALENDAR", "",
  ].map(fold).join("\r\n")
}

/** Make a link download the file. */
export function offerCalendar(link, event) {
  const file = new Blob([calendarFile(event, Date.now())], { type: "text/calendar;charset=utf-8" })
  link.href = URL.createObjectURL(file)
}
