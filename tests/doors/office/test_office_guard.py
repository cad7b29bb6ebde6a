"""Every page and deed of the office asks for a role; a look changes nothing."""

from __future__ import annotations

from starlette.routing import Route

from umcloud.domains.accounts.model import StaffRole
from umcloud.doors.office import entrance
from umcloud.doors.office.app import ROUTES
from umcloud.doors.office.standing import OPENED, name_of

FREE = {name_of(one) for one in (entrance.sign_out, entrance.password, entrance.password_changed)}
"""Whoever is signed in may leave, and change their own password."""
DEEDS = {
    "/reviews/{queue}/{id}/take": {StaffRole.REVIEWER},
    "/reviews/{queue}/{id}/approve": {StaffRole.REVIEWER},
    "/reviews/{queue}/{id}/refuse": {StaffRole.REVIEWER},
    "/reviews/{queue}/{id}/disable": {StaffRole.REVIEWER},
    "/reviews/{queue}/{id}/restore": {StaffRole.REVIEWER},
    "/customers/{id}/freeze": {StaffRole.SUPPORT},
    "/customers/{id}/thaw": {StaffRole.SUPPORT},
    "/customers/{id}/close": {StaffRole.SUPPORT},
    "/customers/{id}/credit": {StaffRole.FINANCE},
    "/messages/{id}/unmask": {StaffRole.SUPPORT},
    "/lines/{number:int}/{state}": {StaffRole.NETWORK},
    "/promises": {StaffRole.FINANCE, StaffRole.NETWORK},
    "/published/next": {StaffRole.FINANCE},
    "/published/drafts/{id}/publish": {StaffRole.FINANCE},
    "/published/drafts/{id}/withdraw": {StaffRole.FINANCE},
    "/staff/new": set(),
    "/staff/{id}/roles": set(),
    "/staff/{id}/suspend": set(),
    "/staff/{id}/resume": set(),
    "/staff/{id}/reset": set(),
}


def routes() -> list[Route]:
    return [route for route in ROUTES if name_of(route.endpoint) not in FREE]


def test_every_page_and_deed_asks_for_a_role() -> None:
    assert [route.path for route in routes() if name_of(route.endpoint) not in OPENED] == []


def test_deeds_are_for_whom_they_are_meant() -> None:
    opened = {
        route.path: OPENED[name_of(route.endpoint)] - {StaffRole.ADMIN}
        for route in routes()
        if route.methods and "POST" in route.methods
    }
    known = {path: roles for path, roles in opened.items() if path in DEEDS}
    assert known == DEEDS
    reading = [path for path, roles in opened.items() if StaffRole.AUDITOR in roles]
    assert reading == []


def test_every_deed_is_open_to_an_admin() -> None:
    assert all(StaffRole.ADMIN in roles for roles in OPENED.values())
