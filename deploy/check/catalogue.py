"""The rules as a table: what each asks, where that is written, and what looks for it."""

from collections.abc import Mapping

from booking_endpoint.practice import Practice
from deploy.check import built, content, facts, shown
from deploy.check.content import says
from deploy.check.rule import Rule, Severity, _

E, W = Severity.ERROR, Severity.WARNING
CSP = "Code de la santé publique, art. "
LCEN = "Loi n° 2004-575 du 21 juin 2004 (LCEN), art. 1-1"
COMMERCE = "Directive 2000/31/CE, art. 5"
DISPLAY = "Arrêté du 30 mai 2018 sur l’information tarifaire"
CHARTERS = "Conseil national de l’Ordre des médecins, chartes de 2010 et 2014"
TRACKERS = "Loi n° 78-17 du 6 janvier 1978, art. 82 ; RGPD, art. 5 et 25"
WCAG = "WCAG 2.1 ; RGAA 4.1"

FEES = _("Whoever presents a practice on a website states the fees there, clearly and up to date.")
WHO = _("A reader must be able to find out who is speaking, under which rules, and who hosts it.")
HELP = _("Somebody in danger may open any of these pages; the right number must be on it.")
TRUTH = _("A sentence that cannot be kept misleads patients, whatever was meant by it.")
FRENCH = _("One language is the reference; no other may say more than it, or older things.")
FRESH = _("Medical information ages. A text that nobody reviews had better not be read.")
FAIR = _("Whoever criticises a company states dated facts, their sources, and what it answers.")
SOBER = _("Medicine is no business: a doctor informs, with measure, and does not draw patients.")
SEEN = _("No place in search results may be obtained, by payment or by any other means.")
SECRET = _("That somebody writes to a doctor is already a secret; others must not learn it.")
QUIET = _("The site asks nobody for anything and keeps nothing: so it needs no consent.")
EVERYONE = _("Some readers hear the pages, or see them another way than you do.")
CREDIT = _("Whoever made a picture has the right to be named.")
WHOLE = _("A link that leads nowhere leaves a patient alone.")
RISK = _("What runs out, or exists only once, fails on the day it is needed.")
REASON = _("A rule is set aside by name and with a reason, or not at all.")

RULES = (
    Rule("fees-linked", "FR", E, f"{CSP}R.4127-53 II", shown.fees_linked,
         _("Link to the fees page in the text of the home page."), FEES),
    Rule("fees-visits", "FR", E, f"{CSP}R.1111-21", shown.fees_visits,
         _("Show every visit with its fee on the fees page."), FEES),
    Rule("fees-acts", "FR", E, f"{CSP}R.1111-21", facts.few_acts,
         _("Write at least five [[visits]] with their fees: the most frequent acts."), FEES),
    Rule("fees-base", "FR", W, f"{CSP}R.1111-21", facts.no_base,
         _("State base and rate of the reimbursement, or covered = false."), FEES),
    Rule("fees-sector", "FR", E, DISPLAY, shown.fees_sector,
         _("State on the fees page your sector and, in sector 2, whether you signed the OPTAM."),
         FEES),
    Rule("fees-sentence", "FR", E, DISPLAY, shown.fees_sentence,
         _("Print the statutory sentence on the fees page."), FEES),
    Rule("fees-directory", "FR", E, DISPLAY, shown.fees_directory,
         _("Link from the fees page to the directory annuairesante.ameli.fr."), FEES),
    Rule("fees-payment", "FR", E, f"{CSP}R.4127-53 II",
         content.together(facts.no_payment, shown.fees_methods),
         _("State the ways of paying you accept, in `methods` of [payment]."), FEES),
    Rule("fees-access", "FR", E, f"{CSP}R.4127-53 II", shown.fees_access,
         _("State on the fees page what holds for patients with social cover, in `third_party`."),
         FEES),
    Rule("fees-ageing", "FR", W, f"{CSP}R.4127-53 II", facts.ageing,
         _("Over 180 days old: compare the amount with its source and renew `verified_on`."), FEES),
    Rule("fees-expired", "FR", E, f"{CSP}R.4127-53 II", facts.expired,
         _("Over a year old: compare the amount with its source and renew `verified_on`."), FEES),
    Rule("amount", "FR", E, f"{CSP}R.4127-53 II", content.amounts,
         _("Write no amount in a text: amounts live in the facts, with a date and a source."),
         FEES),
    Rule("rpps", "FR", E, f"{CSP}R.4127-79", shown.rpps,
         _("Show the RPPS number in the legal notice."), WHO),
    Rule("order", "EU", E, COMMERCE, shown.order,
         _("Show the professional body and your number there in the legal notice."), WHO),
    Rule("title", "EU", E, COMMERCE, shown.title,
         _("Show your title and the country that awarded it in the legal notice."), WHO),
    Rule("rules-url", "EU", E, COMMERCE, shown.rules_url,
         _("Link from the legal notice to the rules of the profession."), WHO),
    Rule("director", "FR", E, LCEN, shown.director,
         _("Name the publication director in the legal notice."), WHO),
    Rule("hosts", "FR", E, LCEN, shown.hosts,
         _("Show name, address and phone of every host in the legal notice."), WHO),
    Rule("contact", "EU", E, COMMERCE, shown.contact,
         _("Show name, address, phone and e-mail in the legal notice."), WHO),
    Rule("domain", "FR", W, CHARTERS, facts.other_domain,
         _("Choose an address of the site with your surname in it."), WHO),
    Rule("emergency", "FR", E, CHARTERS,
         content.together(shown.help_at_home, shown.help_at_access, shown.help_at_booking),
         _("Show the emergency numbers 15, 112 and 114 on the pages home, access and booking."),
         HELP),
    Rule("refused", "FR", E, f"{CSP}R.4127-19-1 II", content.refused,
         _("Mend the file as said; the site is not built before."), FRESH, firm=True),
    Rule("claim", "EU", E, "RGPD, art. 5 ; Code de la consommation, art. L.121-2", content.claims,
         _("Leave out this claim, or write what is true; the guide lists what nobody can keep."),
         TRUTH, firm=True),
    Rule("orphan", "FR", E, "Loi n° 94-665 du 4 août 1994, art. 2", content.orphans,
         _("Write the text in your own language first; this one translates it."), FRENCH,
         firm=True),
    Rule("untranslated", "EU", W, "Souspli, docs/DESIGN.md", content.untranslated,
         _("Translate this text, or leave the language out of `languages`."), FRENCH),
    Rule("outdated", "FR", W, "Loi n° 94-665 du 4 août 1994, art. 2", content.outdated,
         _("Compare the translation with the text, which was reviewed later."), FRENCH),
    Rule("reviewed-old", "FR", W, CHARTERS, content.old,
         _("Reviewed over two years ago: read it again and renew `Reviewed`."), FRESH),
    Rule("reviewed-expired", "FR", E, CHARTERS, content.too_old,
         _("Reviewed over four years ago: read it again, or delete it."), FRESH),
    Rule("answers", "FR", E, f"{CSP}R.4127-13 et R.4127-19-1 II", content.unanswered,
         _("Say in the head what the company answers: `Answers: Company | date | https://… | …`."),
         FAIR),
    Rule("reviews", "FR", W, f"{CSP}R.4127-19-1 I", says("reviews"),
         _("Print no opinion of a patient, and no mark."), SOBER),
    Rule("ratings", "FR", E, f"{CSP}R.4127-19-1 I", built.rated,
         _("Take reviews and ratings out of the data for machines."), SOBER),
    Rule("comparison", "FR", W, f"{CSP}R.4127-19-1 I", says("comparison"),
         _("Compare yourself with no colleague and no other practice."), SOBER),
    Rule("superlative", "FR", W, f"{CSP}R.4127-19-1 I", says("superlative"),
         _("State facts a reader can check, instead of praise."), SOBER),
    Rule("guarantee", "FR", W, f"{CSP}R.4127-19-1 I", says("guarantee"),
         _("Promise no result, and say what the risks are."), SOBER),
    Rule("promotion", "FR", W, f"{CSP}R.4127-19", says("promotion"),
         _("Offer no discount, no gift and no privilege."), SOBER),
    Rule("urgency", "FR", W, f"{CSP}R.4127-19-1 I", says("urgency"),
         _("Press nobody to book."), SOBER),
    Rule("online-booking", "EU", W, "Code de la consommation, art. L.121-2",
         content.promised_online,
         _("Say how to book by phone: these facts say online_booking = false."), TRUTH),
    Rule("before-after", "FR", E, f"{CSP}R.4127-19-1 I ; {CHARTERS}", says("before-after"),
         _("Show no before and after: it promises a result."), SOBER),
    Rule("label", "FR", E, f"{CSP}R.4127-20", says("label"),
         _("Claim no label or approval: no authority approves a doctor’s website."), TRUTH),
    Rule("hon", "FR", E, "Fondation Health On the Net : fermée le 15 décembre 2022", says("hon"),
         _("Take out the HON badge: the certification no longer exists."), TRUTH),
    Rule("clinical-case", "FR", W, f"{CSP}R.4127-4", says("clinical-case"),
         _("Tell of no single patient, even without a name."), SECRET),
    Rule("diploma", "FR", W, f"{CSP}R.4127-80 I", says("diploma"),
         _("Show only titles and diplomas that the Order recognises."), SOBER),
    Rule("stuffing", "FR", W, f"{CSP}R.4127-80 II", content.stuffed,
         _("Name the places a patient needs to find you, and no list of others."), SEEN),
    Rule("brand", "FR", W, f"{CSP}R.4127-80 II", built.brands,
         _("Keep other companies’ names out of titles and summaries."), SEEN),
    Rule("sponsored", "FR", W, f"{CSP}R.4127-20", built.bought,
         _("Take out the paid or counting part of the link."), SEEN),
    Rule("structured-data", "EU", E, "schema.org ; JSON-LD 1.1", built.unread_data,
         _("Mend the data for machines: they cannot be read."), WHOLE),
    Rule("messaging", "EU", E, "RGPD, art. 9 et 32", built.chats,
         _("Link to no messaging app; give the phone number."), SECRET),
    Rule("email", "FR", E, CHARTERS, built.unwarned,
         _("Say beside the e-mail address that e-mail is not confidential."), SECRET),
    Rule("picture-alt", "EU", E, f"{WCAG}, 1.1.1",
         content.together(content.bare_pictures, built.undescribed),
         _("Say in words what the picture shows: `![words](address)`."), EVERYONE),
    Rule("picture-credit", "FR", E, "Code de la propriété intellectuelle, art. L.121-1",
         built.uncredited, _("Say who made the picture."), CREDIT),
    Rule("link", "EU", E, f"{WCAG}, 2.4.4", built.broken,
         _("Mend the link: this page, or this place in it, is not there."), WHOLE),
    Rule("lonely", "EU", W, f"{WCAG}, 2.4.5", built.lonely,
         _("Link to the page from a text, or put it into the menu by a line `Menu: …`."), WHOLE),
    Rule("address", "EU", E, "RFC 3986", built.bad_addresses,
         _("Mend the address: no browser can follow it."), WHOLE),
    Rule("third-party", "EU", E, TRACKERS, built.third_parties,
         _("Load nothing from elsewhere: keep a copy in the site, or link to it."), QUIET),
    Rule("storage", "EU", E, TRACKERS, built.keeps,
         _("Keep nothing on the reader’s device."), QUIET),
    Rule("iframe", "EU", E, TRACKERS, built.iframes,
         _("Set no other page into yours; link to it."), QUIET),
    Rule("inline-script", "EU", E, "Content Security Policy, script-src 'self'",
         built.inline_scripts, _("Take the script out of the page: browsers will refuse it."),
         QUIET),
    Rule("language", "EU", E, f"{WCAG}, 3.1.1 et 1.3.2", built.tongues,
         _("State the language of the page and its direction."), EVERYONE),
    Rule("html", "EU", W, "HTML, WHATWG", built.invalid,
         _("Mend the HTML as the validator says."), EVERYONE),
    Rule("keys", "EU", W, "RGPD, art. 32(1)", facts.one_key,
         _("Make a second key, for the secretary or as a recovery on paper."), RISK),
    Rule("renewal", "EU", W, "RGPD, art. 32(1) ; RFC 9116", facts.runs_out,
         _("Look at this setting of [legal]."), RISK),
    Rule("allow", "EU", E, "Souspli, docs/guide-medecin.md", content.unknown_allowed,
         _("Correct the name of the rule that is set aside: there is none like it."), REASON,
         firm=True),
)  # fmt: skip

BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}


def rules_for(practice: Practice) -> tuple[Rule, ...]:
    """The rules that hold for a practice: those of France for who practises there.

    What the build refuses, it refuses everywhere.
    """
    national = practice.places[0].country == "FR"
    return tuple(rule for rule in RULES if national or rule.firm or rule.jurisdiction == "EU")
