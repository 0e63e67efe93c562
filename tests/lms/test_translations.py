"""The interface in its languages: catalogues that are whole and sound, and pages that speak them."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from lms import i18n
from lms.cli import translations
from lms.cli.translations import forms, latin

from .conftest import Visitor, World, enrol
from .journey import begin

Visit = Callable[[str], Visitor]

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")
MARKUP = re.compile(r"<[^>]*>|&\w+;")
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
TRANSLATED = [code for code in i18n.LANGUAGES if code != "en"]
SIGN_OUT = {"sr": "Одјава", "sr_Latn": "Odjava", "bs": "Odjava", "cnr": "Odjava", "mk": "Одјав", "sq": "Dil"}
"""What stands on every page of somebody who is signed in, or the beginning of it."""
ASKED = {
    "sr": "sr-Cyrl",
    "sr-RS,sr;q=0.9,en;q=0.5": "sr-Cyrl",
    "sr-Latn-RS,sr;q=0.9,en;q=0.8": "sr-Latn",
    "sr-Latn-ME,sr;q=0.9": "cnr",
    "sr-ME": "cnr",
    "cnr-ME": "cnr",
    "bs-Latn-BA,bs;q=0.9,en;q=0.8": "bs",
    "mk-MK,en;q=0.5": "mk",
    "sq-AL": "sq",
    "de-AT,mk;q=0.5": "mk",
    "sl-SI,sl;q=0.9": "en",
    "": "en",
}
"""What browsers ask for, and what they get."""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Iterator[None]:
    """The catalogues as they are now."""
    translations.compile_all()
    i18n.offered.cache_clear()
    yield
    i18n.offered.cache_clear()


@pytest.fixture(scope="module")
def template() -> Catalog:
    """The texts as they stand in the code and the templates now."""
    return translations.collect()


@pytest.fixture(scope="module", params=translations.WRITTEN)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    """A catalogue, of each language that people write one for."""
    return translations.read(request.param)


def texts(catalogue: Catalog) -> Iterator[tuple[Message, tuple[str, ...], tuple[str, ...]]]:
    """Each message that is translated, with its source forms and its translated forms."""
    for message in catalogue:
        if message.id and any(forms(message.string)):
            yield message, forms(message.id), forms(message.string)


def named(*strings: str) -> set[str]:
    return {found for string in strings for found in PLACEHOLDER.findall(string)}


def test_nearly_every_text_is_translated(catalogue: Catalog, template: Catalog) -> None:
    sources = [message for message in template if message.id]
    missing = [m.id for m in sources if m.id not in catalogue or not all(forms(catalogue[m.id].string))]
    assert len(missing) <= len(sources) * 0.02, f"`make translations`, then translate: {missing}"


def test_no_translation_is_a_guess(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.fuzzy and message.id] == []


def test_placeholders_are_those_of_the_source(catalogue: Catalog) -> None:
    plural = gettext.c2py(catalogue.plural_expr)
    for message, source, translated in texts(catalogue):
        for number, form in enumerate(translated):
            # a form for one number alone, such as 1, may leave the number out
            counts = [count for count in range(200) if plural(count) == number]
            lone = message.pluralizable and len(counts) == 1
            assert named(form) == named(source[-1]) or (lone and named(form) == named(source[0])), form
            for name in named(form):
                assert message.pluralizable or form.count(name) == source[0].count(name), form
        assert not message.check(catalogue), message.id


def test_plural_forms_are_complete(catalogue: Catalog) -> None:
    for message, _source, translated in texts(catalogue):
        assert len(translated) == (catalogue.num_plurals if message.pluralizable else 1)
        assert all(translated), message.id


def test_no_markup_comes_in_with_a_translation(catalogue: Catalog) -> None:
    for _message, source, translated in texts(catalogue):
        for form in translated:
            assert set(MARKUP.findall(form)) <= set(MARKUP.findall(" ".join(source))), form


def test_spaces_and_line_ends_are_those_of_the_source(catalogue: Catalog) -> None:
    for _message, source, translated in texts(catalogue):
        for form in translated:
            assert form.count("\n") == source[0].count("\n"), form
            assert form == form.strip() or source[0] != source[0].strip(), form
            assert "  " not in form, form


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_catalogue_compiles(code: str) -> None:
    with i18n.compiled(i18n.LANGUAGES[code]).open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert read.gettext("Password") != "Password"
    added = ("%(num)s enrolment was added.", "%(num)s enrolments were added.")
    assert len({*added, read.ngettext(*added, 1), read.ngettext(*added, 5)}) == 4


@pytest.mark.parametrize("code", ["sr_Latn", "bs", "cnr", "sq"])
def test_latin_script_has_no_cyrillic_letter(code: str, template: Catalog) -> None:
    with i18n.compiled(i18n.LANGUAGES[code]).open("rb") as file:
        read = gettext.GNUTranslations(file)
    for message in template:
        source = forms(message.id)
        translated = (
            [read.ngettext(*source, n) for n in (1, 2, 5)] if message.pluralizable else [read.gettext(source[0])]
        )
        assert not CYRILLIC.search(" ".join(translated)), source


@pytest.mark.parametrize(
    ("cyrillic", "expected"),
    [
        ("Љубав, Његош и џеп", "Ljubav, Njegoš i džep"),
        ("инјекција", "injekcija"),
        ("%(name)s: 100%% на %(day)s", "%(name)s: 100%% na %(day)s"),
        ("<a href='/страница'>овде</a>", "<a href='/страница'>ovde</a>"),
        ("https://staza.example/адреса је овде", "https://staza.example/адреса je ovde"),
        ("код 7KQM-2XWP", "kod 7KQM-2XWP"),
    ],
)
def test_script_is_converted_around_what_is_no_word(cyrillic: str, expected: str) -> None:
    assert latin(cyrillic) == expected


def test_pages_speak_each_language(visitor: Visit, world: World) -> None:
    trainee, manager = visitor("trainee"), visitor("manager")
    enrol(world.people["trainee"], "basics")
    question = f"{begin(trainee, 'basics')}/questions/1"
    pages = [(trainee, "/"), (trainee, "/courses/basics/lessons/first"), (trainee, question), (manager, "/manager")]
    for code in TRANSLATED:
        for browser in (trainee, manager):
            assert browser.post("/language", {"locale": code}).status_code == 303
        for browser, url in pages:
            answer = browser.get(url, follow_redirects=True)
            page = answer.get_data(as_text=True)
            assert answer.status_code == 200, (code, url)
            assert f'<html lang="{i18n.LANGUAGES[code].tag}"' in page
            assert SIGN_OUT[code] in page, (code, url)
            assert "Sign out" not in page
            assert "has not yet been reviewed" not in page


def test_a_browser_is_answered_in_its_language(visitor: Visit) -> None:
    browser = visitor("")
    for asked, tag in ASKED.items():
        page = browser.get("/sign-in", headers={"Accept-Language": asked}).get_data(as_text=True)
        assert f'<html lang="{tag}"' in page, asked
