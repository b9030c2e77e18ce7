/* Who comes: check the answers of the details form and write them as the envelope holds them.
   The twin of read_identity in booking_endpoint/booking.py; its sentences come with the page. */

const CONTROL = /[\x00-\x1f\x7f-\x9f]/g

/** A text without its accents, which many leave out when they type. */
const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "")

/** The names of the months in a language, with their numbers, as people type them. */
function months(lang) {
  const names = new Map()
  for (const month of ["long", "short"]) {
    const write = new Intl.DateTimeFormat([lang, "en"], { month, timeZone: "UTC" })
    for (let number = 1; number <= 12; number++)
      names.set(bare(write.format(Date.UTC(2000, number - 1)).toLowerCase().replace(/\.$/, "")), number)
  }
  return names
}

/** A date of birth as YYYY-MM-DD, or { wrong } with the name of the sentence that says why. */
export function birthDate(answers, languages, today) {
  let [day, month, year] = ["day", "month", "year"].map((part) => answers[`birth_${part}`])
  if (day && !month && !year) [day, month = "", year = ""] = day.split(/[\s/.-]+/)
  if (!day || !month || !year) return { wrong: "birth" }
  if (!/^\d{4}$/.test(year)) return { wrong: "year4" }
  day = day.replace(/^(\d+)(er|st|nd|rd|th|°|º)$/i, "$1")
  const name = bare(month.toLowerCase().replace(/\.$/, "")) // in Hebrew it may carry its preposition
  const named = (lang) => months(lang).get(name) ?? months(lang).get(name.replace(/^ב/, ""))
  const number = /^\d+$/.test(month) ? +month : languages.map(named).find(Boolean)
  const date = new Date(Date.UTC(+year, number - 1, /^\d+$/.test(day) ? +day : NaN))
  if (!(date.getUTCMonth() === number - 1 && date.getUTCDate() === +day)) return { wrong: "nodate" }
  const written = year + date.toISOString().slice(4, 10)
  return written < "1900-01-01" || written > today ? { wrong: "year" } : { date: written }
}

/** The answers of the form: { errors } by field, or { identity }. */
export function readDetails(form, { asksBirthDate, languages, today, say }) {
  const answers = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.replace(CONTROL, " ").trim()]))
  const errors = {}
  for (const [field, most] of [["name", 160], ["caller", 100], ["phone", 40], ["email", 120]])
    if ([...answers[field]].length > most) errors[field] = say("long").replace("{most}", most)
  if (!answers.name) errors.name = say("name")
  if ((answers.phone.match(/\p{Nd}/gu) ?? []).length < 6) errors.phone = say("phone")
  if (answers.email && !/^[^@\s]+@[^@\s]+\.[^@\s.]+$/.test(answers.email)) errors.email = say("email")
  const reminder = answers.reminder ? "yes" : ""
  if (reminder && !answers.email) errors.email = say("reminder")
  if (!answers.whom) errors.whom = say("whom")
  const birth = asksBirthDate ? birthDate(answers, languages, today) : { date: "" }
  if (birth.wrong) errors.birth_date = say(birth.wrong)
  const { name, phone, email, whom, caller } = answers
  return { errors, identity: { name, phone, email, birth_date: birth.date, whom, caller, reminder } }
}

/** The browser may fill in what it knows. What is typed it must not keep for the next person here: so each
    field says what it is for until something stands in it, and from then on that it is nobody's to remember.
    Of a discreet visit no reminder is offered. */
export function offerFilling(form, discreet) {
  const { reminder } = form.elements
  if (reminder) reminder.parentElement.hidden = reminder.disabled = discreet
  form.autocomplete = "off"
  for (const field of form.querySelectorAll(".field__input")) {
    const token = (field.dataset.token ??= field.getAttribute("autocomplete"))
    const offer = () => (field.autocomplete = field.value ? "off" : token)
    field.oninput = offer
    offer()
  }
}
