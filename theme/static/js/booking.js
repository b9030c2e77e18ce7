/* The way from a visit to a receipt on one page. Adds to plain forms, which work without it:
   nothing on the page changes until this has all it needs. Seals before it sends, or sends nothing. */

import { ask, chosen, complain, load, said, show, ticket, within } from "./flow.js"

const root = document.querySelector("[data-booking]")
const say = (name) => root.querySelector(`[data-say=${name}]`).textContent
const step = (name) => root.querySelector(`[data-step=${name}]`)
const form = (name) => root.querySelector(`[data-form=${name}]`)
const { dataset } = root
const { doctor } = dataset
const home = location.pathname

let times, details, visit, start, ready, number, sending, booked

const onSubmit = (name, act) => form(name).addEventListener("submit", (event) => {
  event.preventDefault()
  act()
})

/** Go to a step; Back and Forward come through the same door. Nothing leads back from a receipt. */
function go(name, { push = true } = {}) {
  if (push && history.state?.step !== name) history.pushState({ step: name }, "", name === "visit" ? location.pathname : `#${name}`)
  show(root, booked ? "receipt" : name)
}

/** Back and Forward. A step whose question this page has not asked begins anew; a receipt stays. */
function travel({ state }) {
  if (!booked && location.pathname !== home) return location.reload()
  const known = { visit: true, times: visit, details: start }
  if (state) go(known[state.step] ? state.step : "visit", { push: false })
}

/** Once a discreet visit was chosen no title names the doctor, and the way out is at hand. */
function hush() {
  const exit = document.querySelector("[data-exit]")
  dataset.doctor = visit.discreet ? "" : doctor
  if (exit) exit.hidden = !visit.discreet
  if (visit.discreet) load(root, "exit").catch(() => {})
}

async function chooseVisit() {
  const radio = form("visit").querySelector(":checked")
  if (!complain(step("visit"), radio ? {} : { visit: say("visit") })) return
  times ??= await load(root, "times").catch(() => form("visit").submit())
  if (!times) return
  load(root, "details").catch(() => {}) // it comes while a time is chosen
  visit = { id: radio.value, ...radio.dataset }
  hush()
  within(step("times"), "chosen").textContent = visit.label
  go("times")
  await times.fillTimes(root, step("times"), visit.id)
}

async function chooseTime() {
  start = chosen(form("times"), "start")
  if (!complain(step("times"), start ? {} : { start: say("start") })) return
  details ??= await load(root, "details").catch(() => {})
  const { day, time } = times.clock(dataset)
  within(step("details"), "chosen").textContent = `${visit.label} – ${day(start)}, ${time(start)}`
  within(step("details"), "birth").hidden = !visit.birth
  within(step("details"), "others").replaceChildren()
  complain(step("details"), {})
  details?.offerFilling(form("details"), visit.discreet)
  go("details")
  prepare()
  tools().catch(() => {})
}

/** A ticket and its proof, once: a second try with them is the same request. */
const prepare = () => (ready ??= ticket(root).then((made) => made ?? (ready = undefined), () => (ready = undefined)))

/** What checks and seals, loaded while the patient types; only once it is here the page promises it. */
async function tools() {
  details ??= await load(root, "details")
  const { seal } = await load(root, "envelope")
  within(step("details"), "sealed").textContent = say("sealed")
  return seal
}

const randomHex = (length) =>
  Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => byte.toString(16).padStart(2, "0")).join("")

async function send() {
  if (sending) return
  sending = true
  const status = within(step("details"), "status")
  const slow = setTimeout(() => (status.textContent = say("slow")), 6000)
  try {
    await sendOnce(status)
  } catch {
    complain(step("details"), {}, { heading: say("problem"), message: say("unsealed") })
  }
  clearTimeout(slow)
  status.textContent = ""
  sending = false
}

async function sendOnce(status) {
  const seal = await tools()
  const others = chosen(form("details"), "start")
  const languages = [dataset.lang, ...dataset.languages.split(" ")]
  const today = new Intl.DateTimeFormat("sv", { timeZone: dataset.zone }).format(Date.now())
  const { errors, identity } = details.readDetails(form("details"), { asksBirthDate: visit.birth, languages, today, say })
  if (!complain(step("details"), errors, { heading: say("problem") })) return
  start = others || start
  status.textContent = say("sending")
  number ??= randomHex(16)
  const request = { ...identity, visit: visit.id, start, language: dataset.lang, number }
  const hybrid = document.querySelector("[data-hybrid]")?.dataset.hybrid.split(" ")
  const envelope = await seal(JSON.stringify(request), dataset.recipients.split(" "), hybrid)
  const answer = await post(envelope)
  if (answer.status === 200 || answer.status === 201) return receive(answer.body)
  if (answer.status === 409) return gone(answer.body)
  complain(step("details"), {}, { heading: say("problem"), message: said(root, answer) })
}

/** Send with the ticket at hand; a ticket grown old in a long pause is replaced once. */
async function post(envelope, again = true) {
  const made = await prepare()
  if (!made) return { status: 0, body: {} }
  const answer = await ask(`${dataset.prefix}/bookings`, { visit: visit.id, start, envelope, ...made })
  if (answer.status !== 410 || !again) return answer
  ready = undefined
  return post(envelope, false)
}

/** Somebody was faster: other times on the same page, and every answer still there. */
function gone({ nearest }) {
  within(step("details"), "chosen").textContent = visit.label
  times.offer(root, step("details"), "others", nearest)
  const message = nearest.length ? say("others") : say("full")
  complain(step("details"), {}, { heading: say("gone"), message })
}

/** The receipt's link leads to the address it already has: a browser would stay where it is. */
function followAnew(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  location.reload()
}

/** The receipt. Its address is the manage page's, so that a refresh finds the booking again. */
async function receive({ start, end, state, manage, code }) {
  if (state === "cancelled") return location.assign(`${dataset.manage}#${manage}`)
  booked = true
  const receipt = step("receipt")
  const { day, time } = times.clock(dataset)
  const label = visit.discreet ? "" : visit.label
  const fill = { date: day(start), time: `${time(start)} – ${time(end)}`, label, place: visit.where, code }
  for (const [name, text] of Object.entries(fill))
    for (const place of receipt.querySelectorAll(`[data-field=${name}]`)) place.textContent = text
  if (state === "requested") {
    within(receipt, "heading").textContent = say("requested")
    within(receipt, "next").textContent = say("waiting")
  }
  within(receipt, "preparation").textContent = visit.preparation
  within(receipt, "preparation").hidden = !visit.preparation
  within(receipt, "who").hidden = visit.discreet
  within(receipt, "discretion").hidden = !visit.discreet
  within(receipt, "manage").href = `${dataset.manage}#${manage}`
  within(receipt, "manage").onclick = followAnew
  form("details").reset()
  show(root, "receipt")
  history.pushState({ step: "receipt" }, "", `${dataset.manage}#${manage}`)
  within(receipt, "print").onclick = () => print()
  const where = visit.discreet ? {} : { place: visit.where, phone: dataset.phone }
  const event = { start, end, title: say("title"), ...where }
  const { offerCalendar } = await load(root, "calendar").catch(() => ({}))
  offerCalendar?.(within(receipt, "calendar"), event)
  within(receipt, "extras").hidden = !offerCalendar
}

if (root && globalThis.crypto?.subtle) {
  onSubmit("visit", chooseVisit)
  onSubmit("times", chooseTime)
  onSubmit("details", send)
  within(step("times"), "zone").hidden = Intl.DateTimeFormat().resolvedOptions().timeZone === dataset.zone
  form("visit").elements.namedItem(location.hash.slice(1))?.click?.() // a link may name the visit
  history.replaceState({ step: "visit" }, "", location.pathname)
  addEventListener("popstate", travel)
}
