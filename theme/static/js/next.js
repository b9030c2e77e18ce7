/* The next free time on the home page. If anything fails, the page stays as it was. */

const place = document.querySelector("[data-next-free]")

async function tell({ availability, visit, language, zone, booking, words }) {
  const answer = await fetch(`${availability}?visit=${visit}&days=31`)
  const start = answer.ok && (await answer.json()).days.flatMap((day) => day.starts)[0]
  if (!start) return
  const day = { weekday: "long", day: "numeric", month: "long" }
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
  const locale = language === "en" ? "en-GB" : language
  const when = new Intl.DateTimeFormat(locale, { timeZone: zone, ...day, ...time }).format(new Date(start))
  const link = document.createElement("a")
  link.href = booking
  link.textContent = words.replace("{when}", when)
  place.replaceChildren(link)
}

if (place) tell(place.dataset).catch(() => {})
