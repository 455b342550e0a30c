"""The cost per model of a sweep as a drawing: plain SVG, written by hand."""

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 34, 48
# What a person who sees it on white and on black can read alike.
LINE, TEXT, GRID = "#3b74c4", "#767676", "#9a9a9a"


def cost_svg(models: Sequence[int], seconds: Sequence[float], title: str) -> str:
    """Seconds per model (height, from 0) against models in one sweep (log scale).

    Args:
        models: Sizes, increasing, each at least 1.
        seconds: Seconds per model of each size, positive.
        title: Said above and to screen readers.

    Raises:
        ValueError: If there are fewer than two sizes, or not one time for each.
    """
    if len(models) < 2 or len(models) != len(seconds):
        raise ValueError(
            f"Found {len(models)} sizes and {len(seconds)} times; at least two sizes with a time "
            "each are drawn."
        )
    tick = _tick(max(seconds))
    steps = math.ceil(max(seconds) / tick)

    def across(count: float) -> float:
        share = math.log(count / models[0]) / math.log(models[-1] / models[0])
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - value / (steps * tick) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{TEXT}">',
        f"<title>{title}</title>",
        f'<text x="{LEFT}" y="18" font-size="13">{title}</text>',
    ]
    for i in range(steps + 1):
        y = up(i * tick)
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}" stroke-opacity="0.4"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{i * tick:g}</text>')
    for count in models:
        parts.append(
            f'<text x="{across(count):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{count:,}</text>"
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle">models in one sweep</text>'
    )
    points = [(across(m), up(s)) for m, s in zip(models, seconds, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>')
    for (x, y), value in zip(points, seconds, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{LINE}"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">{value:.2f}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _tick(most: float) -> float:
    """A round distance of which three to seven fit."""
    rough = most / 4
    size: float = 10.0 ** math.floor(math.log10(rough))
    return size * next(step for step in (1, 2, 5, 10) if step * size >= rough)
