"""What is measured, and in which order. Imported only once Django is set up on the benchmark's engines."""

from collections.abc import Callable, Sequence

from tests.benchmark import booking_bench, drafts_bench, expiry_bench, people, slots_bench, stage
from tests.benchmark.memory_bench import megabytes, p11
from tests.benchmark.rows import Row
from tests.benchmark.sizes import Sizes

Note = Callable[[str, Callable[[], Sequence[Row]]], None]


def run(sizes: Sizes, note: Note) -> None:
    """Hand each measurement to `note`, which may leave it out."""
    salon = people.build()
    note("P9", lambda: [drafts_bench.p9(threads=threads, captures=sizes.captures, slices=sizes.turns) for threads in (1, 8)])
    note("P10", lambda: drafts_bench.p10(small=sizes.drafts_small, large=sizes.drafts_large, looks=sizes.looks))
    note("P6", lambda: [booking_bench.p6(salon, each=sizes.confirms, turns=sizes.turns // 2)])
    with stage.running() as house:
        note("P7", lambda: slots_bench.p7(house, salon, requests=sizes.requests, turns=sizes.turns))
        note("P5", lambda: booking_bench.p5(house, salon, rounds=sizes.rounds))
        _with_the_worker(sizes, house, salon, note)


def _with_the_worker(sizes: Sizes, house: stage.Stage, salon: people.Salon, note: Note) -> None:
    expiry = expiry_bench.Expiry(salon)
    expiry.clear()
    note("P1", lambda: [expiry_bench.p1(expiry, number=sizes.burst, turns=sizes.bursts)])
    none = megabytes(house.house)
    note("P2", lambda: expiry_bench.p2(expiry, waiting=sizes.waiting, seconds=sizes.steady_seconds))

    def memory() -> list[Row]:
        expiry.wait_with(sizes.waiting)
        return p11(none, megabytes(house.house), sizes.waiting)

    note("P11", memory)
    worker = [house.worker]
    note(
        "P3",
        lambda: expiry_bench.p3(expiry, lambda: megabytes(worker), waiting=sizes.crowd, number=sizes.burst, turns=(sizes.bursts + 1) // 2),
    )
