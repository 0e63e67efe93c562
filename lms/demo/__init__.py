"""The demo region: what `staza demo` fills an empty database with, and what benchmarks measure.

Nobody in it is real. Names are drawn at random from lists of common given and family names, addresses lie under
example.org, which RFC 2606 reserves for examples, and what people did was drawn at random too. Only the names of the
four institutions are those of real ones.
"""

from __future__ import annotations

import os
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nlargest
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from courses.model import Course
from lms.config import Settings
from lms.db import db, new_id, transaction
from lms.demo.history import Historian, Plan, Trainee
from lms.demo.names import composed, latin
from lms.demo.region import REGION, Node
from lms.demo.rows import Rows
from lms.learning.passwords import hashed as hash_password
from lms.learning.passwords import verify
from lms.library import Library
from lms.names import searched, sorted_by
from lms.records import accounts, institutions
from lms.records.accounts import Account
from lms.records.institutions import Institution
from lms.records.people import Grant, Person, Role

PASSWORD = "a-path-through-the-hills"  # noqa: S105 -- known to all, for accounts of nobody
PEOPLE: Mapping[str, int] = {"ME": 150, "BA": 170, "MK": 150, "RS": 170}
LOADS = (5, 10, 10, 15, 20, 20, 20)
"""Of 100 people, how many take no course, one, two …"""
REASONS = (
    "I move to the reception centre next month and will need it there.",
    "My shift leader recommends it to all of us.",
    "It was not offered when I last had time for a course.",
    "I shall train new colleagues from January on.",
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to look round with."""

    email: str
    name: str
    country: str
    what: str
    role: Role | None = None

    @property
    def family_name(self) -> str:
        """The last word of the name, for those here."""
        return self.name.split()[-1]


ACCOUNTS = (
    DemoAccount("trainee@example.org", "Jelena Stanković", "RS", "a trainee in Serbia"),
    DemoAccount("trainer@example.org", "Selma Karić", "BA", "the trainer of all courses", Role.TRAINER),
    DemoAccount("manager.rs@example.org", "Dragana Lukić", "RS", "a manager in Serbia", Role.MANAGER),
    DemoAccount("manager.me@example.org", "Danilo Vukčević", "ME", "a manager in Montenegro", Role.MANAGER),
    DemoAccount("manager.ba@example.org", "Adnan Begić", "BA", "a manager in Bosnia and Herzegovina", Role.MANAGER),
    DemoAccount("manager.mk@example.org", "Билјана Трајковска", "MK", "a manager in North Macedonia", Role.MANAGER),
    DemoAccount("coordinator@example.org", "Nataša Bulatović", "ME", "the regional coordinator", Role.COORDINATOR),
    DemoAccount("administrator@example.org", "Igor Savić", "RS", "the administrator", Role.ADMINISTRATOR),
)


def is_open_to_all() -> bool:
    """Whether somebody can sign in to a demo account with the password that everybody can read."""
    session = db.session()
    found = (accounts.account(session, each.email) for each in ACCOUNTS)
    hashes = [row.password_hash for row in found if row and row.password_hash and row.closed_at is None]
    session.commit()
    return any(verify(each, PASSWORD) for each in hashes)


def passwords_for(settings: Settings) -> str:
    """The password of the demo accounts, as they have it from now on.

    On an address that others can reach it is a random one, made once and kept in the instance folder. There it holds
    from then on, on any address.
    """
    kept = settings.instance / "demo-password"
    if not kept.exists():
        if not settings.is_public:
            return PASSWORD
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(15))
    password = kept.read_text().strip()
    hashed = hash_password(password)
    with transaction() as session:
        for each in ACCOUNTS:
            row = accounts.account(session, each.email)
            if row and not verify(row.password_hash, password):
                row.password_hash = hashed
                accounts.end_sign_ins(session, row.person_id)
    return password


def seed(
    library: Library,
    now: datetime,
    people: Mapping[str, int] = PEOPLE,
    loads: Sequence[float] = LOADS,
    random: str = "staza",
    thorough: bool = True,
) -> bool:
    """Fill the database with the demo region, if it is empty; whether it was.

    `people` says how many people the institution of each country has, besides the demo accounts; a benchmark may ask
    for {"RS": 50_000}. `loads`: the shares of those who take no course, one, two … All but the ids is drawn by
    `random`, and dated back from `now`. `thorough`: see `Historian`.
    Needs an application context; one transaction.
    """
    with transaction() as session:
        if institutions.tree(session):
            return False
        region = _Region(session, library, now, Random(random), loads, thorough)  # noqa: S311 -- composes examples
        region.found()
        region.demo_accounts()
        for country in region.units:
            for _ in range(people.get(country, 0)):
                region.life(country, region.person(country))
                region.rows.flush(all=False)
        region.rows.flush()
    return True


class _Region:
    """The region while it is being composed."""

    def __init__(
        self, session: Session, library: Library, now: datetime, rng: Random, loads: Sequence[float], thorough: bool
    ) -> None:
        self.session, self.now, self.rng, self.loads = session, now, rng, loads
        self.rows = Rows(session)
        self.historian = Historian(library, self.rows, rng, now, thorough)
        self.courses = library.courses()
        self.units: dict[str, list[tuple[Institution, float]]] = {}
        self.managers: dict[str, UUID] = {}
        self.addresses: Counter[str] = Counter()

    def found(self) -> None:
        """The institutions and their units, with the share of the people that each has."""
        for country, node in REGION.items():
            root = institutions.add(self.session, node.name, country)
            self.units[country] = list(self._units(root, node, 1.0))

    def _units(self, unit: Institution, node: Node, share: float) -> Iterator[tuple[Institution, float]]:
        total = 1 + sum(child.weight for child in node.under)
        yield unit, share / total
        for child in node.under:
            row = institutions.add(self.session, child.name, unit.country, unit)
            yield from self._units(row, child, share * child.weight / total)

    def demo_accounts(self) -> None:
        """The accounts to look round with. The trainee's have been through three courses, one of each kind."""
        hashed = hash_password(PASSWORD)
        people = {each: self._add(each.country, each.name, each.email, hashed, each.family_name) for each in ACCOUNTS}
        for account, person in people.items():
            root = self.units[account.country][0][0]
            match account.role:
                case Role.MANAGER:
                    self.managers[account.country] = person.id
                    self._grant(person, Role.MANAGER, node_id=root.id)
                case Role.TRAINER:
                    for course in self.courses:
                        self._grant(person, Role.TRAINER, course_id=course.id)
                case Role():
                    self._grant(person, account.role)
        self._demo_trainee(people[ACCOUNTS[0]])

    def _demo_trainee(self, person: Trainee) -> None:
        """One course in progress, one completed, and one that is due soon, or to be asked for."""
        *others, current = self.courses
        manager = self.managers["RS"]
        begun = self.now - timedelta(days=16)
        due, half = (self.now + timedelta(days=18)).date(), max(1, len(current.lessons) // 2)
        plan = Plan(begun, manager, due, begun + timedelta(days=2), pace=1, lessons=half)
        self.historian.enrol(person, current, plan)
        for course in others[:1]:
            begun = self.now - timedelta(days=170)
            due, sure = begun.date() + timedelta(days=60), replace(person, ability=6.0)
            self.historian.enrol(sure, course, Plan(begun, manager, due, begun + timedelta(days=3)))
        for course in others[1:2]:
            if course.enrolment == "open":
                due = (self.now + timedelta(days=5)).date()
                self.historian.enrol(person, course, Plan(self.now - timedelta(days=20), manager, due, None))

    def person(self, country: str) -> Trainee:
        """Somebody new at the institution of a country."""
        given, family = composed(country, self.rng)
        name = f"{given} {family}"
        local = ".".join(word for word in re.split(r"[^a-z]+", latin(name)) if word)
        self.addresses[local] += 1
        number = self.addresses[local]
        return self._add(country, name, f"{local}{number if number > 1 else ''}@example.org", "", family)

    def _add(self, country: str, name: str, email: str, password_hash: str, family_name: str) -> Trainee:
        units = self.units[country]
        root = units[0][0]
        unit = self.rng.choices([unit for unit, _ in units], [share for _, share in units])[0]
        since = self.now - timedelta(days=self.rng.randint(370, 400))
        person = Trainee(
            root.id, new_id(), name, root.name, root.time_zone, self.rng.gauss(0.4, 0.9), self.rng.betavariate(5, 2)
        )
        self.rows.add(
            Person,
            institution_id=root.id,
            id=person.id,
            unit_id=unit.id,
            name=name,
            email=email,
            family_name=family_name,
            search=searched(name, email),
            sort_key=sorted_by(name, family_name),
            locale="",
            theme="",
            created_at=since,
        )
        self.rows.add(
            Account,
            email=email,
            institution_id=root.id,
            person_id=person.id,
            password_hash=password_hash,
            closed_at=None,
        )
        return person

    def _grant(self, person: Trainee, role: Role, node_id: int | None = None, course_id: str = "") -> None:
        self.rows.add(
            Grant,
            institution_id=person.institution_id,
            id=new_id(),
            person_id=person.id,
            role=role,
            node_id=node_id,
            course_id=course_id,
        )

    def life(self, country: str, person: Trainee) -> None:
        """What somebody did in the past year: none, some or all of the courses."""
        rng = self.rng
        count = min(len(self.courses), rng.choices(range(len(self.loads)), self.loads)[0])
        chosen = self._sought(count)
        for course in chosen:
            self.historian.enrol(person, course, self._plan(person, course, self.managers[country]))
        for course in self.courses:
            if course.enrolment != "open" and course not in chosen and rng.random() < 0.05:
                asked = self.now - timedelta(days=rng.uniform(0.2, 14))
                self.historian.request(person, course, asked, rng.choice(REASONS))

    def _sought(self, count: int) -> list[Course]:
        """So many courses drawn by lot: the second is asked for half as often as the first, the third a third as often,
        so that some have figures large enough for the coordinator's page, and others show what is kept back there.

        The heaviest keys of weighted draws, `random() ** (1 / weight)` (P. S. Efraimidis and P. G. Spirakis, "Weighted
        random sampling with a reservoir", Information Processing Letters 97 (2006), 181-185)."""
        drawn = [(self.rng.random() ** place, course) for place, course in enumerate(self.courses, 1)]
        return [course for _, course in nlargest(count, drawn, key=lambda one: one[0])]

    def _plan(self, person: Trainee, course: Course, manager: UUID) -> Plan:
        rng, idle = self.rng, 1 - person.diligence
        by_oneself = course.enrolment == "open" and rng.random() < 0.35
        enrolled_at = self.now - timedelta(days=365 * rng.random() ** 1.3 + 0.1)
        due_on = None if by_oneself else enrolled_at.date() + timedelta(days=rng.choice([30, 45, 60, 60, 90]))
        wait = timedelta(days=0 if by_oneself else rng.expovariate(1 / (3 + 30 * idle)), minutes=rng.randint(5, 90))
        leaves = rng.random() < 0.9 * idle
        return Plan(
            enrolled_at=enrolled_at,
            enrolled_by=person.id if by_oneself else manager,
            due_on=due_on,
            begins_at=None if rng.random() < 0.5 * idle else enrolled_at + wait,
            pace=1 + 12 * idle,
            lessons=rng.randint(1, len(course.lessons)) if leaves else len(course.lessons),
            tries=rng.choice([1, 2, 3, 3]),
        )
