"""The evening before: who is written to, who was, whom to call; the account that writes."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from booking_endpoint.availability import doors
from booking_endpoint.booking import mark
from desk.agenda import date_of
from desk.agenda_room import PATIENCE
from desk.errands import Sending
from desk.mailing import Account, NotSent, is_safe, security_of
from desk.pages import Desk, read_day, read_form
from desk.remind_command import NO_SENDER, UNSAFE
from desk.reminding import ADDRESS, Call, Why
from desk.session import Session

_ = mark

FIELDS = ("host", "port", "sender", "user")
"""Of the account, what may be shown again."""


def evening_of(desk: Desk, session: Session) -> date:
    """Tomorrow; or, before days on which nobody receives and nobody comes, the day after them."""
    today = desk.place.now().date()
    days = {date_of(one, desk.practice) for one in session.listing.bookings}
    week = [today + timedelta(days=ahead) for ahead in range(1, 8)]
    return next((day for day in week if day in days or doors(day, desk.practice)), week[0])


def to_call(session: Session, day: date) -> list[Call]:
    """Whom to call before a day; also who was refused when the reminders were sent just now."""
    plan, sending = session.reminders().plan(session.listing.bookings, day), session.sending
    refused = [
        call
        for call in (sending.outcome.calls if sending and sending.outcome else [])
        if call.why is Why.REFUSED and call.entry.booking.id in {mail.id for mail in plan.mails}
    ]
    mine = refused if sending and sending.day == day else []
    return sorted([*plan.calls, *mine], key=lambda call: call.entry.start)


async def look(desk: Desk, session: Session, request: Request) -> Response:
    """What is to be sent for a day, what was, and what is being sent now."""
    await session.collect(PATIENCE)
    if session.partial:
        return desk.wait_page(session.why_not)
    day = read_day(request.query_params.get("for", "")) or evening_of(desk, session)
    reminders = session.reminders()
    return desk.page(
        "reminders.html",
        day=day,
        plan=reminders.plan(session.listing.bookings, day),
        calls=to_call(session, day),
        account=reminders.account(),
        sending=session.sending,
        trouble=session.trouble,
        at=session.book.at,
        offered=desk.practice.rules.email_reminders != "no",
    )


async def send(desk: Desk, session: Session, request: Request) -> Response:
    """Begin to send the reminders of a day, unless some are being sent."""
    day = read_day((await read_form(request)).get("for", ""))
    if day is None:
        return to_reminders(desk)
    await session.collect(PATIENCE)
    if not session.current:
        return desk.wait_page(session.why_not)
    account = session.reminders().account()
    if account is None:
        return RedirectResponse(f"/{desk.token}/account?for={day}", 303)
    if desk.session is session and not (session.sending and session.sending.under_way):
        bookings = session.listing.bookings
        session.sending = Sending(session.reminders(), bookings, day, account)
    return to_reminders(desk, day)


def to_reminders(desk: Desk, day: date | None = None) -> Response:
    return RedirectResponse(f"/{desk.token}/reminders{f'?for={day}' if day else ''}", 303)


async def progress(desk: Desk, session: Session, request: Request) -> Response:
    """How far what is under way is: `done all sentence`; nothing where nothing is under way."""
    sending, told = session.sending, ""
    if request.query_params.get("of") == "calendars":
        told = f"0 0 {desk.language.say(_('The calendars are being read.'))}"
        told = told if session.rounds.under_way else ""
    elif sending and sending.under_way:
        said = desk.language.say(_("Sent: {done} of {all}."), done=sending.done, all=sending.all)
        told = f"{sending.done} {sending.all} {said}"
    return PlainTextResponse(told)


# --- the account ---------------------------------------------------------------------------------


async def ask_account(desk: Desk, session: Session, request: Request) -> Response:
    """Where reminders leave from; all but the password is shown again."""
    account = session.reminders().account()
    known = {name: str(getattr(account, name)) for name in FIELDS} if account else {}
    return account_page(desk, {**known, **request.query_params})


def account_page(
    desk: Desk, fields: Mapping[str, str], status: int = 200, **errors: tuple[str, dict[str, Any]]
) -> Response:
    values, day = defaultdict(str, fields), read_day(fields.get("for", ""))
    return desk.page("account.html", status, values=values, day=day, errors=errors)


async def keep_account(desk: Desk, session: Session, request: Request) -> Response:
    """Log in with what was typed, and keep it only where that went well."""
    fields = {name: text.strip() for name, text in (await read_form(request)).items()}
    host, port = fields.get("host", ""), fields.get("port", "")
    if not host or not is_safe(host, port):
        return account_page(desk, fields, 422, port=(UNSAFE, {}))
    sender, user = fields.get("sender", ""), fields.get("user", "")
    if not ADDRESS.fullmatch(sender):
        return account_page(desk, fields, 422, sender=(NO_SENDER, {}))
    password = fields.get("password", "") if user else ""
    account = Account(host, int(port), security_of(port), user, password, sender)
    try:
        await asyncio.to_thread(session.reminders().keep_account, account)
    except NotSent as why:
        return account_page(desk, fields, 422, account=(str(why), {"host": host}))
    return to_reminders(desk, read_day(fields.get("for", "")))
