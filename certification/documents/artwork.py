"""The certificate's own artwork: a wall of planner boxes that fills from below. Each number has its own, and keeps it."""

from __future__ import annotations

import hashlib
import random

CELL, COLUMNS, ROWS = 35, 4, 12
INK, BLUE, SKY, PAPER, SUN, LINE = "#14213a", "#1d4788", "#a3c2f5", "#ece6da", "#ecc074", "#33425f"


def artwork(seed: str) -> str:
    """An SVG of 70 by 210 mm. The same seed gives the same picture, here and on every machine."""
    dice = random.Random(hashlib.sha256(seed.encode()).digest())  # noqa: S311  # a picture is no secret
    columns = dice.sample(range(COLUMNS), 3)
    suns = {
        (column, dice.randrange(3 + 3 * n, 5 + 3 * n)) for n, column in enumerate(columns)
    }  # three exercises, apart from each other
    shapes = [
        SUN_SHAPE.format(x=column * CELL, y=row * CELL) if (column, row) in suns else _box(dice, column, row)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    width, height = COLUMNS * CELL, ROWS * CELL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="70mm" height="210mm">'
        f'<rect width="{width}" height="{height}" fill="{INK}"/>{"".join(shapes)}</svg>'
    )


SUN_SHAPE = f'<rect x="{{x}}" y="{{y}}" width="{CELL}" height="{CELL}" fill="{SUN}"/><path transform="translate({{x}} {{y}})" d="M10 18l5.5 5.5L26 12.5" fill="none" stroke="{INK}" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>'


def _box(dice: random.Random, column: int, row: int) -> str:
    """An empty box near the top; further down more and more are filled."""
    x, y = column * CELL, row * CELL
    filled = dice.random() < (row + 0.5) / ROWS * 1.25 - 0.14
    turn, colour, kind = dice.randrange(4), dice.choice((BLUE, SKY, SKY, PAPER)), dice.randrange(5)
    if not filled:
        return f'<rect x="{x + 6}" y="{y + 6}" width="{CELL - 12}" height="{CELL - 12}" rx="3" fill="none" stroke="{LINE}" stroke-width="0.9"/>'
    return f'<g transform="translate({x} {y}) rotate({90 * turn} {CELL / 2} {CELL / 2})">{_shape(kind, colour)}</g>'


def _shape(kind: int, colour: str) -> str:
    half, ground = CELL / 2, BLUE if colour != BLUE else "#24345a"
    below = f'<rect width="{CELL}" height="{CELL}" fill="{ground}"/>'
    if kind == 0:  # a quarter
        return f'{below}<path d="M0 0H{CELL}A{CELL} {CELL} 0 0 1 0 {CELL}Z" fill="{colour}"/>'
    if kind == 1:  # a half disc
        return f'{below}<path d="M0 0A{half} {half} 0 0 0 {CELL} 0Z" fill="{colour}"/>'
    if kind == 2:  # a box in a box
        return f'{below}<rect x="8" y="8" width="{CELL - 16}" height="{CELL - 16}" rx="3" fill="{colour}"/>'
    if kind == 3:  # two leaves
        return f'{below}<path d="M0 0A{CELL} {CELL} 0 0 1 {CELL} {CELL}A{CELL} {CELL} 0 0 1 0 0Z" fill="{colour}"/>'
    return f'{below}<path d="M0 0H{CELL}L0 {CELL}Z" fill="{colour}"/>'
