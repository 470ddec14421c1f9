"""Every page a client can see, each reached as a client reaches it: the way there, and the act that shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page

from business import limits
from scheduler.models import Appointment
from tests.browser.walk import address, press, reach_review, settle, sign_in
from tests.leaving import OVER
from tests.links import unfinished
from tests.phones import NEW, last_code
from tests.visits import TEN, haircut
from tests.world import NOW, World

Act = Callable[[], Any]


@dataclass
class Stage:
    """Where a state is played: the page, the server's address, the world, and the clock's lever."""

    page: Page
    url: str
    world: World
    at: Callable[[datetime], None]

    def goes(self, path: str) -> Act:
        return lambda: self.page.goto(self.url + path)

    def play(self, act: Act) -> None:
        """Do it, and wait until the page it leads to is there, loaded and drawn."""
        with self.page.expect_navigation(wait_until="networkidle"):
            act()
        settle(self.page)

    def mia(self) -> None:
        sign_in(self.page.context, self.url, self.world.mia)

    def noa_books(self, member: Any = None, start: datetime = TEN) -> None:
        for one in [member] if member else [self.world.maya, self.world.tom_member]:
            Appointment.objects.create(
                business=self.world.bella, client=self.world.noa, team_member=one, starts=start, ends=start + timedelta(minutes=45),
                source="online", confirm_key=uuid4(), created_at=NOW,
            )  # fmt: skip


def _plain(path: str, *, signed_in: bool = False) -> Callable[[Stage], Act]:
    def way(stage: Stage) -> Act:
        if signed_in:
            stage.mia()
        return stage.goes(path.replace("CUT", str(stage.world.cut.pk)))

    return way


def _code(stage: Stage) -> Act:
    stage.page.goto(f"{stage.url}/b/bella-hair/sign-in/")
    stage.page.get_by_label("Mobile number").fill(NEW)
    return lambda: stage.page.get_by_role("button", name="Text me a code").click()


def _name(stage: Stage) -> Act:
    _code(stage)()
    stage.page.get_by_role("heading", name="Enter your code").wait_for()
    stage.page.wait_for_load_state("networkidle")  # what this page loads is not the next one's
    return lambda: stage.page.get_by_role("textbox", name="Code").fill(last_code())


def _review(after: timedelta = timedelta(0)) -> Callable[[Stage], Act]:
    def way(stage: Stage) -> Act:
        stage.mia()
        reach_review(stage.page, stage.url, haircut(stage.world))
        stage.at(NOW + after)
        return lambda: stage.page.goto(address(stage.url, "review", haircut(stage.world)))

    return way


def _conflict(stage: Stage) -> Act:
    stage.mia()
    reach_review(stage.page, stage.url, haircut(stage.world, member=stage.world.maya.pk))
    stage.noa_books(stage.world.maya)
    return lambda: press(stage.page, "Confirm")


def _too_many(stage: Stage) -> Act:
    stage.mia()
    stage.page.goto(address(stage.url, "time", haircut(stage.world)))
    for _ in range(40):
        limits.retry_after("capture", str(stage.world.mia.pk))
    return lambda: press(stage.page, "Continue")


def _done(stage: Stage) -> Act:
    _review()(stage)()
    return lambda: press(stage.page, "Confirm")


def _link(become: Callable[[Stage, Any], None] | None = None, *, other: bool = False) -> Callable[[Stage], Act]:
    def way(stage: Stage) -> Act:
        path, draft = unfinished(stage.world, notes="Ring twice")
        stage.at(OVER + timedelta(minutes=5))
        if become:
            become(stage, draft)
        if other:
            sign_in(stage.page.context, stage.url, stage.world.noa)
        return stage.goes(path)

    return way


def _taken(stage: Stage, draft: Any) -> None:
    stage.noa_books(start=draft.selection.start_at)


def _passed(stage: Stage, draft: Any) -> None:
    stage.at(draft.selection.start_at + timedelta(minutes=1))


def _ended(stage: Stage, draft: Any) -> None:
    stage.at(OVER + timedelta(hours=25))


QUERY = "?s=CUT&t=any"
STATES: dict[str, Callable[[Stage], Act]] = {
    "front": _plain("/b/bella-hair/"),
    "services": _plain("/b/bella-hair/services/"),
    "services, nothing chosen": _plain("/b/bella-hair/services/?go=1"),
    "team": _plain("/b/bella-hair/team/?s=CUT"),
    "time": _plain("/b/bella-hair/time/" + QUERY),
    "time, a day that passed": _plain("/b/bella-hair/time/" + QUERY + "&day=2026-11-01"),
    "phone": _plain("/b/bella-hair/sign-in/" + QUERY),
    "code": _code,
    "name": _name,
    "review": _review(),
    "review, red": _review(timedelta(minutes=9)),
    "review, 0:00": _review(timedelta(minutes=11)),
    "conflict": _conflict,
    "too many": _too_many,
    "done": _done,
    "mine": _plain("/b/bella-hair/mine/", signed_in=True),
    "waitlist": _plain("/b/bella-hair/waitlist/" + QUERY, signed_in=True),
    "resume": _link(),
    "resume, taken": _link(_taken),
    "resume, passed": _link(_passed),
    "resume, somebody else's": _link(other=True),
    "gone": _link(_ended),
}
STATUS = {
    "services, nothing chosen": 422,
    "time, a day that passed": 422,
    "conflict": 409,
    "too many": 429,
    "gone": 410,
}
