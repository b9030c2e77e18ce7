/* The desk comes by itself what it would come by a click: the agenda anew, keys for its links.
   Nothing is kept, nothing is sent but questions to the desk itself; without it, every page works. */

const EVERY = 2000
const main = () => document.querySelector("main[data-version]")

/** The page that the desk would show now, as a document; `innerHTML` is forbidden here. */
const fetched = address => new Promise((resolve, reject) => {
  const asked = new XMLHttpRequest()
  asked.open("GET", address)
  asked.responseType = "document"
  asked.timeout = 30000
  asked.onload = () => resolve(asked.response)
  asked.onerror = asked.ontimeout = reject
  asked.send()
})

/** What tells an element of the old page from the others, so that it is found in the new one. */
const nameOf = element => {
  for (const name of ["id", "href", "aria-label"]) {
    const value = element.getAttribute(name)
    if (value) return `[${name}="${CSS.escape(value)}"]`
  }
  return ""
}

/** Put what has changed in place of what was there; focus and scroll stay where they were. */
async function swap() {
  const address = new URL(location.href)
  address.searchParams.delete("did")
  address.searchParams.set("by", "itself")
  const page = await fetched(address)
  const next = page?.querySelector("main[data-version]")
  if (!next) return location.reload() // locked meanwhile
  if (typing() || dragged) return
  const held = main().contains(document.activeElement) ? nameOf(document.activeElement) : ""
  const [x, y] = [scrollX, scrollY]
  const told = document.querySelector(".did")
  main().replaceWith(document.adoptNode(next))
  if (told && !main().querySelector(".did")) main().prepend(told)
  if (held) main().querySelector(held)?.focus({ preventScroll: true })
  scrollTo(x, y)
  letDrag()
}

const typing = () => document.activeElement?.matches("input, select, textarea")

async function look() {
  try {
    const answer = await fetch("changes?by=itself")
    const version = await answer.text()
    const locked = answer.headers.get("Content-Type")?.startsWith("text/html")
    if (locked) location.reload()
    else if (answer.ok && version && version !== main().dataset.version && !typing()) await swap()
  } catch {
    /* the desk was closed: what stands here stays, with the time it was true */
  }
  setTimeout(look, EVERY)
}

/* A visit is dragged by its time onto one of the free times of the days that are shown. They come
   from the page that asks where it goes, and letting go is that page's own button. */

let dragged = null

const letDrag = () => document.querySelectorAll("[data-move]").forEach(time => { time.draggable = true })

/** Show the free times of a visit in the days on the screen, each of them a place to let go. */
async function showDrops(time) {
  const page = await fetched(time.dataset.move)
  if (dragged !== time) return
  const form = page?.querySelector('form[action$="/put"]')
  for (const radio of form?.querySelectorAll("input[type=radio]") ?? []) {
    const day = document.getElementById(`d${radio.dataset.day}`)?.closest(".day")
    if (day) (day.querySelector(".drops") ?? newDrops(day)).append(dropFor(radio, form))
  }
}

function newDrops(day) {
  const list = document.createElement("ul")
  list.className = "drops"
  day.querySelector(".day__head").after(list)
  return list
}

function dropFor(radio, form) {
  const drop = document.createElement("li")
  drop.className = "drops__one"
  drop.dir = "ltr"
  drop.textContent = radio.closest("label").textContent.trim()
  drop.addEventListener("dragover", event => event.preventDefault())
  drop.addEventListener("dragenter", () => drop.classList.add("drops__one--near"))
  drop.addEventListener("dragleave", () => drop.classList.remove("drops__one--near"))
  drop.addEventListener("drop", event => {
    event.preventDefault()
    radio.checked = true
    form.hidden = true
    document.body.append(document.adoptNode(form))
    form.submit()
  })
  return drop
}

document.addEventListener("dragstart", event => {
  if (!event.target.matches?.("[data-move]")) return
  dragged = event.target
  event.dataTransfer.effectAllowed = "move"
  event.dataTransfer.setData("text/plain", "")
  showDrops(dragged).catch(endDrag)
})

function endDrag() {
  dragged = null
  document.querySelectorAll(".drops").forEach(list => list.remove())
}

document.addEventListener("dragend", endDrag)
letDrag()

const reads = document.documentElement.dir === "rtl" ? -1 : 1
const follow = key => document.querySelector(`[data-key="${key}"]`)?.click()

/** From one visit to the next, by the first link in each. */
function walk(by) {
  const stops = [...document.querySelectorAll(".entry")]
    .map(entry => entry.querySelector(".entry__acts a, .entry__acts button, a"))
    .filter(Boolean)
  const here = stops.findIndex(stop => stop.closest(".entry").contains(document.activeElement))
  const next = here < 0 ? (by > 0 ? 0 : stops.length - 1) : here + by
  stops[next]?.focus()
}

const keys = {
  ArrowLeft: () => follow(reads > 0 ? "before" : "after"),
  ArrowRight: () => follow(reads > 0 ? "after" : "before"),
  ArrowUp: () => walk(-1),
  ArrowDown: () => walk(1),
  "?": () => document.querySelector("dialog.keys")?.showModal(),
  ...Object.fromEntries([..."tdwmbcor"].map(letter => [letter, () => follow(letter)])),
}

document.addEventListener("keydown", event => {
  const act = keys[event.key]
  if (!act || event.ctrlKey || event.altKey || event.metaKey || typing()) return
  if (!("letters" in main().dataset) || document.querySelector("dialog[open]")) return
  event.preventDefault()
  act()
})

setTimeout(look, EVERY)
