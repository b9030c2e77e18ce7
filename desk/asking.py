"""What `keys` asks for at the terminal, again and again until it is right. Writes nothing."""

from booking_endpoint.booking import mark
from booking_endpoint.envelope import BadKey, unlock_key
from desk.paper import WORDS, BadPaper, seed_of
from desk.passphrase import ENOUGH, Draw, bits, drawn, strong
from desk.talk import Talk

_ = mark


def read_back(talk: Talk, seed: bytes) -> None:
    """Until the paper says what was drawn: a key whose paper nobody can read is none."""
    while typed_seed(talk) != seed:
        talk.tell(_("These are words of another paper. Take the page that was printed just now."))
    talk.clear()
    talk.tell(_("The paper is right."))


def typed_seed(talk: Talk) -> bytes:
    """The seed of a paper, asked for until its words are right."""
    while True:
        text = talk.ask(
            _(
                "Type the 24 words from the paper, all on one line; the first four "
                "letters of each are enough. Or scan its QR code."
            )
        )
        try:
            return seed_of(text)
        except BadPaper as wrong:
            say_wrong(talk, wrong)


def say_wrong(talk: Talk, wrong: BadPaper) -> None:
    if wrong.place:
        talk.tell(
            _("Word {place}, {word}, is in no list. It may be: {near}."),
            place=wrong.place,
            word=wrong.word,
            near=", ".join(wrong.near) or "?",
        )
    elif wrong.count != WORDS:
        talk.tell(_("There are 24 words on the paper; {count} were typed."), count=wrong.count)
    else:
        talk.tell(
            _(
                "Every word is in the list, and yet a word is another or two have "
                "changed places: the paper carries a check. Compare them once more."
            )
        )


def new_passphrase(talk: Talk, draw: Draw) -> str:
    """One that is worth enough, typed twice."""
    while True:
        text = talk.ask_hidden(
            _(
                "A passphrase for the key file. Press Enter and one is drawn by lot, "
                "which is best; or type your own."
            )
        )
        if not text:
            text = drawn(talk.language.code, draw)
            talk.tell(_("Write it down, and keep it apart from the paper of the key:"))
            talk.show(text)
        elif not strong(text):
            talk.tell(
                _(
                    "This one is worth {bits} bits at most, and {enough} are "
                    "wanted: it may be all that guards the key. Some sixty "
                    "letters of a text of your own are enough, or eight words "
                    "drawn by lot."
                ),
                bits=bits(text),
                enough=ENOUGH,
            )
            continue
        if talk.ask_hidden(_("Type it once more.")) == text:
            talk.clear()
            return text
        talk.tell(_("These were two different ones. Begin again."))


def passphrase_of(talk: Talk, pem: bytes) -> str:
    """The passphrase that opens a key file, asked until it does."""
    while True:
        text = talk.ask_hidden(_("The passphrase of your key."))
        try:
            unlock_key(pem, text)
        except BadKey:
            talk.tell(
                _(
                    "This passphrase does not open the key. If it is lost, take the "
                    "paper and run `python3 tasks.py keys restore`."
                )
            )
        else:
            return text
