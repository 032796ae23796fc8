"""Whether a cell says that somebody takes part remotely (R14). Pure."""

from __future__ import annotations

import re

from trainees.roster_file.headings import plain


def _words(text: str) -> frozenset[str]:
    return frozenset(plain(word) for word in text.split(",")) - {""}


_YES = _words(
    "yes, y, x, xx, true, 1, ja, j, oui, o, si, s, sim, tak, t, так, да, д, はい, 是, 有, 예, 네, wahr, vrai, verdadero, verdadeiro, vero,"
    "prawda, waar, истина, істина, ok, checked"
) | {"✓", "✔", "✔️", "✅", "☑", "☑️", "○", "〇", "◯"}
_NO = _words(
    "no, n, false, 0, nein, non, nao, nie, nee, ні, нет, いいえ, 否, 不, 没有, 아니요, falsch, faux, falso, onwaar, fałsz, ложь, хибність, none"
) | {"✗", "✘", "❌", "-", "–", "—", "/", "×", "☐", "n/a"}
_REMOTE = _words(
    "remote, remotely, online, virtual, virtually, virtuell, zoom, via zoom, on zoom, over zoom, teams, ms teams, webex, skype, google meet,"
    "home, from home, at home, home office, homeoffice, work from home, working from home, wfh, telework, distance, at a distance,"
    "remote participation, remote participant, online participation, fully remote, remote only, online only, remote online, online remote,"
    "von zu hause, zu hause, zuhause, fernteilnahme, aus der ferne, à distance, a distance, distanciel, en distanciel, en ligne, télétravail,"
    "chez moi, domicile, maison, à la maison, en línea, remoto, remota, virtualmente, a distancia, de forma remota, desde casa, en casa,"
    "teletrabajo, em casa, de casa, à distância, remotamente, em linha, da remoto, in remoto, da casa, a distanza, op afstand, thuis,"
    "vanuit huis, zdalnie, zdalny, zdalna, z domu, w domu, дистанційно, віддалено, онлайн, з дому, вдома, дистанционно, удаленно, удалённо,"
    "из дома, дома, дистант, リモート, オンライン, 自宅, 在宅, 遠隔, リモート参加, オンライン参加, ズーム, 远程, 线上, 線上, 在线, 居家, 在家, 遠端, 远程参加, 线上参加,"
    "온라인, 원격, 재택, zdalne, udział zdalny, virtuel, virtuale, virtueel"
)
_ON_SITE = _words(
    "in person, inperson, on site, onsite, in room, in the room, physical, physically, f2f, face to face, offline, local, vor ort, präsenz,"
    "in präsenz, présentiel, en présentiel, sur place, presencial, presencialmente, en persona, in presenza, ter plaatse, op locatie,"
    "stacjonarnie, na miejscu, очно, офлайн, особисто, лично, на месте, 現地, 対面, 会場, 現地参加, 线下, 現場, 现场, 線下, 현장"
)


def location_says_remote(location: str) -> bool:
    """Whether a location is none: "remote", "Lyon (online)". A "Remote Sensing Lab" is a room."""
    return any(plain(part) in _REMOTE for part in re.split(r"[()\[\]（）,;/|:、，]| [-–—]+ ", location[:500]) if part.strip())


def says_remote(cell: str, *, onsite: bool) -> bool | None:
    """What a cell of the column of participation says; `onsite`: the column asks for the opposite. None: nobody can tell."""
    cell = cell.strip()
    words = plain(cell)
    if words in _REMOTE or (words and location_says_remote(cell)):
        return True
    if words in _ON_SITE:
        return False
    if words in _YES or cell in _YES:
        return not onsite
    if not cell:
        return False
    if cell in _NO or words in _NO:
        return onsite
    return None
