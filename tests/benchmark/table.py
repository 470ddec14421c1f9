"""The rows as a table for the terminal."""

from collections.abc import Sequence

from tests.benchmark.rows import Row

HEAD = ("", "what", "ours", "bare", "", "ratio", "goal", "holds")


def draw(rows: Sequence[Row]) -> str:
    """One line a row; numbers to the right."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in (2, 3, 5) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (row.name, row.what, _number(row.ours), _number(row.bare), row.unit, f"{row.ratio:.2f}", row.goal, "yes" if row.holds else "NO")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value >= 1 else f"{value:.3g}"
