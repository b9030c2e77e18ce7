/* The free times of a visit, as a person reads and chooses them. */

import { ask, complain, said, show, within } from "./flow.js"

/** How this practice writes days and times: in its own time zone, wherever the reader sits. */
export function clock({ lang, zone }) {
  const locale = lang === "en" ? "en-GB" : lang
  const write = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
  const day = write({ weekday: "long", day: "numeric", month: "long", year: "numeric" })
  const time = write({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
  return {
    day: (start) => day.format(new Date(start)).replace(/^./u, (sign) => sign.toLocaleUpperCase(locale)),
    time: (start) => time.format(new Date(start)),
  }
}

/** Put times to choose into a place of a step: a fieldset a day, a radio a time. Two steps may
    offer the same time, so the place's name is a part of each id. */
export function offer(root, step, name, starts, mark = "") {
  const { day, time } = clock(root.dataset)
  const days = grouped(starts, day)
  const copy = (kind) => root.querySelector(`[data-template=${kind}]`).content.firstElementChild.cloneNode(true)
  within(step, name).replaceChildren(...[...days].map(([date, times], index) => {
    const group = copy("day")
    group.querySelector("legend").prepend(date)
    group.querySelector("legend").lastElementChild.textContent = index ? "" : mark
    group.querySelector(".times").append(...times.map((start) => {
      const choice = copy("time")
      const [input, label] = choice.children
      input.value = start
      input.id = label.htmlFor = `${name}-${start}`
      label.textContent = time(start)
      return choice
    }))
    return group
  }))
}

/** As Map.groupBy does, which older phones lack. */
function grouped(values, key) {
  const groups = new Map()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return groups
}

const MOST_TIMES = 24

/** The free times of a visit from a day on, as many whole days as fit; `later` is where to go on. */
export async function freeTimes(root, visit, from = "") {
  const answer = await ask(`${root.dataset.prefix}/availability?visit=${visit}&days=31&from=${from}`)
  if (answer.status !== 200) return { answer }
  const starts = []
  let later = answer.body.next
  for (const day of answer.body.days) {
    if (starts.length && starts.length + day.starts.length > MOST_TIMES) {
      later = day.date
      break
    }
    starts.push(...day.starts)
  }
  return starts.length || !later ? { answer, starts, later } : freeTimes(root, visit, later)
}

/** Fill a step with the free times of a visit, next one first, and let it go on to later dates.
    Until they are here, their place stays empty and high: nothing below it jumps under a finger. */
export async function fillTimes(root, step, visit, from = "") {
  const [status, days, none, more] = ["status", "days", "none", "later"].map((name) => within(step, name))
  const button = step.querySelector("form button")
  days.replaceChildren()
  days.style.minBlockSize = "100vh"
  none.hidden = button.hidden = true
  status.textContent = root.querySelector("[data-say=loading]").textContent
  const { answer, starts, later } = await freeTimes(root, visit, from)
  status.textContent = days.style.minBlockSize = ""
  if (!starts) return complain(step, {}, { message: said(root, answer) })
  complain(step, {})
  offer(root, step, "days", starts, from ? "" : root.querySelector("[data-say=first]").textContent)
  none.hidden = starts.length > 0
  button.hidden = !starts.length
  more.hidden = !later
  more.onclick = () => {
    show(root, step.dataset.step)
    return fillTimes(root, step, visit, later)
  }
  return true
}
