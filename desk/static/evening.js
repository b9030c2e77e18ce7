/* What sheets and the pages of the evening do by themselves: print, follow what is under way, and
   go when the desk locks. Nothing is kept; without it, every page works by its links. */

const EVERY = 1000

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false
  button.addEventListener("click", () => print())
}

/** Ask how far it is. What has ended, or was locked, is shown by the page anew. */
async function look() {
  const region = document.querySelector("[data-follow]")
  const address = region?.dataset.follow ?? "progress"
  try {
    const answer = await fetch(`${address}${address.includes("?") ? "&" : "?"}by=itself`)
    const told = await answer.text()
    const locked = answer.headers.get("Content-Type").startsWith("text/html")
    if (locked || (region && answer.ok && !told)) return location.reload()
    if (region && answer.ok) tell(region, told)
  } catch {
    /* the desk was closed: what stands here stays */
  }
  setTimeout(look, EVERY)
}

/** A number, another, and a sentence. */
function tell(region, told) {
  const [, done, all, sentence] = /^(\d+) (\d+) (.*)$/s.exec(told) ?? []
  const status = region.querySelector("[role=status]")
  const bar = region.querySelector("progress")
  if (!sentence || !bar || status.textContent === sentence) return
  status.textContent = sentence
  bar.max = Math.max(1, all)
  bar.value = done
}

setTimeout(look, EVERY)
