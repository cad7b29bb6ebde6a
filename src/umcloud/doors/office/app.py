"""The office: what the people of the operator see and do, mounted at /office."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.applications import Starlette

from umcloud.domains.accounts import service
from umcloud.domains.accounts.model import Session, StaffRole
from umcloud.domains.accounts.ports import CodeSender
from umcloud.domains.accounts.vault import Vault
from umcloud.doors.kit.app import desk
from umcloud.doors.kit.context import RequestContext, Shell, Transactions
from umcloud.doors.kit.context import SignedIn as Person
from umcloud.doors.kit.navigation import NavEntry
from umcloud.doors.office import (
    credit,
    customer_log,
    customers,
    entrance,
    ledger,
    lines,
    messages,
    prices,
    pricing,
    published,
    staff,
    today,
)
from umcloud.doors.office.review import decisions
from umcloud.doors.office.review import pages as reviews
from umcloud.doors.office.standing import (
    BOOKS,
    CUSTOMERS,
    DECISIONS,
    MESSAGES,
    PEOPLE,
    PROMISES,
    Office,
    Officer,
    nav_roles,
)
from umcloud.infra.clock import Now
from umcloud.infra.db import Tx
from umcloud.infra.sealing import Sealer
from umcloud.kernel.act import ActorKind, Door

_FOLDER = Path(__file__).parent
ROUTES = [
    *today.ROUTES,
    *decisions.ROUTES,
    *reviews.ROUTES,
    *customers.ROUTES,
    *customer_log.ROUTES,
    *credit.ROUTES,
    *messages.ROUTES,
    *lines.ROUTES,
    *ledger.ROUTES,
    *prices.ROUTES,
    *pricing.ROUTES,
    *published.ROUTES,
    *staff.ROUTES,
    *entrance.ROUTES,
]
NAVIGATION = (
    NavEntry("/", "office.nav.today", "home"),
    NavEntry(
        "/reviews",
        "office.nav.reviews",
        "clipboard-check",
        children=(
            *(
                NavEntry(
                    f"/reviews/{name}",
                    f"office.review.{name}",
                    roles=nav_roles(StaffRole.REVIEWER),
                )
                for name in reviews.QUEUES
            ),
            NavEntry("/reviews/decisions", "office.decisions"),
        ),
        roles=nav_roles(*DECISIONS),
    ),
    NavEntry("/customers", "office.nav.customers", "building", roles=nav_roles(*CUSTOMERS)),
    NavEntry("/messages", "office.nav.messages", "message", roles=nav_roles(*MESSAGES)),
    NavEntry(
        "/lines",
        "office.nav.lines",
        "antenna-bars-5",
        roles=nav_roles(StaffRole.NETWORK, StaffRole.SUPPORT),
    ),
    NavEntry("/ledger", "office.nav.ledger", "book", roles=nav_roles(*BOOKS)),
    NavEntry(
        "/published",
        "office.nav.published",
        "tag",
        children=(
            NavEntry("/published/prices", "office.published.prices"),
            NavEntry("/published/versions", "office.published.versions"),
            NavEntry("/published/agreements", "office.published.agreements"),
        ),
    ),
    NavEntry(
        "/promises",
        "office.nav.system",
        "settings",
        children=(
            NavEntry("/promises", "office.nav.promises"),
            NavEntry("/staff", "office.nav.staff", roles=nav_roles(*PEOPLE)),
        ),
        roles=nav_roles(*PROMISES),
    ),
)


def officer(session: Session) -> Officer | None:
    """Return the person of a session; None where it is a customer's."""
    if session.staff_id is None:
        return None
    return Officer(
        session_id=session.id,
        kind=ActorKind.STAFF,
        person_id=session.staff_id,
        name=session.name,
        roles=frozenset(role.value for role in session.staff_roles),
        session=session,
    )


def office(
    *,
    database: Transactions,
    now: Now,
    secret: bytes,
    vault: Vault,
    sealer: Sealer,
    sender: CodeSender,
    closing: asyncio.Event,
    sandbox: bool,
    secure_cookies: bool,
) -> Starlette:
    """Return the office's application, to be mounted at `/office`.

    `sender` brings staff the code to choose a password with. `sandbox` shows the movable clock in
    the top bar. `closing` ends live parts when the process stops.
    """

    async def load_session(tx: Tx, token: str) -> Person | None:
        session = await service.authenticate_session(tx, token, now=now())
        return officer(session) if session else None

    async def load_shell(tx: Tx, context: RequestContext) -> Shell:
        person = context.signed_in
        counts: dict[str, int] = {}
        if person and person.roles & nav_roles(StaffRole.REVIEWER):
            for name, queue in reviews.QUEUES.items():
                counts[f"/reviews/{name}"] = await queue.length(tx)
            counts["/reviews"] = sum(counts.values())
        return Shell(
            sandbox_now=context.act.now if sandbox else None,
            counts=counts,
            person_links=(("/password", "office.password"),),
        )

    app = desk(
        name="office",
        door=Door.OFFICE,
        title="office.name",
        accent="office",
        transactions=database,
        now=now,
        secret=secret,
        routes=ROUTES,
        open_routes=entrance.OPEN_ROUTES,
        navigation=NAVIGATION,
        templates=_FOLDER / "templates",
        static=_FOLDER / "static",
        load_session=load_session,
        load_shell=load_shell,
        secure_cookies=secure_cookies,
        strict_texts=sandbox,
    )
    app.state.office = Office(vault, sealer, sender, closing, sandbox)
    return app
