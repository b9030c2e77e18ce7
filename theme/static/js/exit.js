/* Leave at once. The link does it without this; with it nothing stays in sight meanwhile,
   Back does not return to this page, and Esc three times does the same. */

const exit = document.querySelector("[data-exit]")
const link = exit?.querySelector("a")
const status = exit?.querySelector("[role=status]")
const WITHIN = 5000

let presses = 0, forgetting

function leave(event) {
  event.preventDefault()
  const cover = document.createElement("p")
  cover.setAttribute("role", "alert")
  cover.textContent = document.title = link.dataset.leaving
  document.body.replaceChildren(cover)
  location.replace(link.href)
}

function count(event) {
  if (event.key !== "Escape" || event.repeat || exit.hidden) return
  clearTimeout(forgetting)
  presses += 1
  if (presses === 3) return leave(event)
  status.textContent = presses === 1 ? status.dataset.twice : status.dataset.once
  forgetting = setTimeout(forget, WITHIN)
}

function forget() {
  presses = 0
  status.textContent = ""
}

if (link) {
  exit.querySelector("[data-keys]").hidden = false
  link.addEventListener("click", leave)
  document.addEventListener("keydown", count)
}
