"""What was moved and what is left to do, in the doctor's language, as Markdown."""

from collections.abc import Iterator, Sequence

from booking_endpoint.booking import mark
from booking_endpoint.words import Language
from deploy.importing.old import Loss
from deploy.importing.plan import Plan, Written

_ = mark

TITLE, LEFT, AFTER = _("The old site moves in"), _("Not carried over"), _("What to do next")
MADE = _("Pages that this site makes itself, from the facts")
NEXT = (
    _("Open each file above: complete what is named, and read the text as a patient would."),
    _("`python3 tasks.py serve` names what is missing, file by file, and shows the site."),
    _("Write your sources, and review what is old: what you publish, you say today."),
    _("Delete from the texts whatever names a patient, and every price: prices are in the facts."),
    _("`python3 tasks.py check` says what law and ethics ask before you publish."),
    _("Keep the old site online until the new one is ready; then change where its name leads."),
)


def report(plan: Plan, language: Language, *, dry: bool) -> str:
    """The whole report."""
    return "\n".join(lines(plan, language, dry=dry)) + "\n"


def lines(plan: Plan, language: Language, *, dry: bool) -> Iterator[str]:
    say = language.say
    new = [page for page in plan.pages if page.text]
    made = [page for page in plan.pages if not page.place.again and not page.place.file]
    again = [page for page in plan.pages if page.place.again]
    leading = [one for page in plan.pages for one in page.redirects if not one.startswith("#")]
    yield f"# {say(TITLE)}"
    yield ""
    if dry:
        yield say(_("A trial: nothing was written."))
        yield ""
    yield say(_("Pages to complete: {count}"), count=len(new))
    yield say(_("Old addresses that lead on: {count}"), count=len(leading))
    yield say(
        _("Already there from an earlier import, left as they are: {count}"), count=len(again)
    )
    if any("?" in one for one in leading):
        yield ""
        yield say(
            _(
                "Addresses with a question mark (/?p=12) can only be redirected by a web server"
                " such as nginx; on a host without settings they show the home page."
            )
        )
    for page in new:
        yield from one(page, language)
    if made:
        yield from ("", f"## {say(MADE)}", "")
        yield say(_("Their old text was not carried over; their addresses lead to the new page."))
        yield ""
    for page in made:
        yield f"- {page.place.page.addresses[0]} → {page.place.to}"
        yield from losses(page.losses, language)
    if plan.losses:
        yield from ("", f"## {say(LEFT)}", "")
        yield from losses(plan.losses, language)
    yield from ("", f"## {say(AFTER)}", "")
    yield from (f"{number}. {say(message)}" for number, message in enumerate(NEXT, 1))


def one(page: Written, language: Language) -> Iterator[str]:
    """A page that was written."""
    say, place = language.say, page.place
    yield from ("", f"## {place.page.title or place.name}", "")
    yield f"- {place.page.addresses[0]} → content/{place.file} → {place.to}"
    if page.incomplete:
        yield "- " + say(_("to complete: {lines}"), lines=", ".join(page.incomplete))
    if page.pictures:
        yield "- " + say(_("pictures to credit, behind the `|`: {count}"), count=page.pictures)
    yield from losses(page.losses, language)


def losses(found: Sequence[Loss], language: Language) -> Iterator[str]:
    for loss in found:
        where = ":".join(filter(None, [loss.file, str(loss.line) if loss.line else ""]))
        said = language.say(loss.message, what=loss.what)
        yield f"- {where}: {said}" if where else f"- {said}"
