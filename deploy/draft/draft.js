/* While somebody writes: loads the page anew after a good build, and shows what is wrong after another.
   Set into pages by `serve` alone; what is built and published never holds it. */

const { version, state } = document.currentScript.dataset
const note = document.createElement("section")
note.className = "draft"
note.setAttribute("role", "alert")

const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text })

/** The mistakes over the last good page; nothing when there are none. */
function tell({ lang, dir, heading, wrong, below }) {
  const told = JSON.stringify(wrong)
  if (note.dataset.told === told) return
  note.dataset.told = told
  if (!wrong.length) return note.remove()
  Object.assign(note, { lang, dir })
  const mistakes = wrong.map((text) => line("p", text))
  for (const one of mistakes) one.className = "draft__wrong"
  note.replaceChildren(line("strong", heading), ...mistakes, line("p", below))
  document.body.prepend(note)
}

/** Ask until the next good build; a server that is away is asked again. */
async function look() {
  try {
    const now = await (await fetch(state)).json()
    if (now.version !== Number(version)) return location.reload()
    tell(now)
  } catch {
    // stopped, or starting again: the page stays as it is
  }
  setTimeout(look, 200)
}

look()
