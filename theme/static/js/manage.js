/* A booking seen again through its link: the ticket is in the fragment, which no server ever sees.
   Opening the link changes nothing; only the buttons do. */

import { ask, chosen, complain, load, said, show, ticket, within } from "./flow.js"

const root = document.querySelector("[data-manage]")
const say = (name) => root.querySelector(`[data-say=${name}]`).textContent
const step = (name) => root.querySelector(`[data-step=${name}]`)
const form = (name) => root.querySelector(`[data-form=${name}]`)
const { dataset } = root
const home = location.pathname

let times, manage, acting

const bookings = (act, fields = {}) => ask(`${dataset.prefix}/bookings/${act}`, { manage, ...fields })

/** Go a step further in moving a visit; Back returns, at the last to the visit as it was shown. */
function go(name) {
  history.pushState({ step: name }, "")
  show(root, name)
}

/** Handle a form here, one act at a time. */
const onSubmit = (name, act) => form(name).addEventListener("submit", async (event) => {
  event.preventDefault()
  if (acting) return
  acting = true
  await act()
  acting = false
})

async function open() {
  manage = chosen(form("code"), "manage").trim() || manage
  if (!complain(step("code"), manage ? {} : { manage: say("code") })) return
  if (document.querySelector("[data-exit]")) load(root, "exit").catch(() => {})
  times ??= await load(root, "times").catch(askPlainly)
  if (times) tell(step("code"), await bookings("show"), "yours")
}

/** Without the module that writes times, the endpoint's own page shows the booking. */
function askPlainly() {
  form("code").elements.manage.value = manage
  form("code").submit()
}

/** Show the booking as it stands now, or say on this step why not. */
function tell(where, answer, heading) {
  if (answer.status !== 200) return complain(where, {}, { message: said(root, answer) })
  const { start, end, state } = answer.body
  const { day, time } = times.clock(dataset)
  const cancelled = state === "cancelled"
  const seen = step("booked")
  within(seen, "heading").textContent = say(cancelled ? "cancelled" : heading)
  for (const [name, text] of [["date", day(start)], ["time", `${time(start)} – ${time(end)}`]])
    seen.querySelector(`[data-field=${name}]`).textContent = text
  within(seen, "changes").hidden = cancelled
  within(seen, "again").hidden = !cancelled
  complain(seen, {})
  history.replaceState({ step: "booked" }, "")
  show(root, "booked")
}

async function cancel() {
  tell(step("booked"), await bookings("cancel"), "cancelled")
}

function chooseVisit() {
  const visit = chosen(form("visit"), "visit")
  if (!complain(step("visit"), visit ? {} : { visit: say("visit") })) return
  go("times")
  return times.fillTimes(root, step("times"), visit)
}

async function move() {
  const start = chosen(form("times"), "start")
  if (!complain(step("times"), start ? {} : { start: say("start") })) return
  within(step("times"), "status").textContent = say("sending")
  const made = await ticket(root).catch(() => null)
  const fields = { visit: chosen(form("visit"), "visit"), start, ...made }
  const answer = made ? await bookings("move", fields) : { status: 0, body: {} }
  within(step("times"), "status").textContent = ""
  if (answer.status === 409) await times.fillTimes(root, step("times"), fields.visit)
  tell(step("times"), answer, "moved")
}

if (root && globalThis.crypto?.subtle) {
  onSubmit("code", open)
  onSubmit("cancel", cancel)
  onSubmit("move", () => go("visit"))
  onSubmit("visit", chooseVisit)
  onSubmit("times", move)
  manage = location.hash.slice(1)
  if (manage) open()
  addEventListener("popstate", ({ state }) => {
    if (location.pathname !== home) location.reload()
    else if (state) show(root, state.step)
  })
}
