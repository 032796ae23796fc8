"""What the heading of a column says it holds, in the usual wordings of eleven languages. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

NAME, GIVEN, MIDDLE, FAMILY, EMAIL, LOCATION, REMOTE, ONSITE = (
    "name",
    "given",
    "middle",
    "family",
    "email",
    "location",
    "remote",
    "onsite",
)
"""What a column holds. ONSITE is REMOTE's opposite: "In person?"."""

_WORDINGS = {
    NAME: """name, names, full name, fullname, complete name, name and surname, first and last name, first name and last name, first name last name,
        given and family name, participant, participants, participant name, participants name, name of participant, name of the participant,
        trainee, trainee name, attendee, attendee name, learner, person, people, student, instructor, member, display name, preferred name,
        your name, your full name, who, name vorname, vorname name, vorname nachname, nachname vorname, vor und nachname, vollständiger name,
        teilnehmer, teilnehmerin, teilnehmende, teilnehmername, nom, noms, nom complet, nom et prénom, nom prénom, prénom nom,
        prénom et nom, nom du participant, participante, participants, stagiaire, nombre, nombres, nombre completo, nombre y apellido,
        nombre y apellidos, apellidos y nombre, apellido y nombre, participante, participantes, nome, nomes, nome completo, nome e sobrenome,
        nome e apelido, nome e cognome, cognome e nome, nome cognome, cognome nome, nominativo, partecipante, partecipanti, naam, namen,
        volledige naam, voor en achternaam, deelnemer, deelnemers, imię i nazwisko, nazwisko i imię, imiona i nazwiska, uczestnik, uczestnicy,
        uczestniczka, піб, п і б, повне ім'я, ім'я та прізвище, прізвище та ім'я, прізвище ім'я, ім'я прізвище, учасник, учасники, учасниця,
        прізвище ім'я по батькові, фио, ф и о, полное имя, имя и фамилия, фамилия и имя, фамилия имя, имя фамилия, фамилия имя отчество,
        участник, участники, 氏名, お名前, 名前, 姓名, フルネーム, 参加者, 参加者名, 参加者氏名, 受講者, 受講者名, 名字, 名稱, 参与者, 学员, 学员姓名, 參加者,
        이름, 성명, 성함, 참가자""",
    GIVEN: """first name, firstname, first, first names, given name, given names, givenname, given, forename, forenames, christian name,
        vorname, vornamen, rufname, prénom, prénoms, prenom usuel, primer nombre, nombre de pila, primeiro nome, nome próprio, prenome,
        nome di battesimo, voornaam, voornamen, roepnaam, imię, imiona, ім'я, імена, имя, имена, 名, 下の名前, ファーストネーム""",
    MIDDLE: """middle name, middle names, middle, middle initial, zweiter vorname, deuxième prénom, segundo nombre, nome do meio,
        secondo nome, tussenvoegsel, tussenvoegsels, drugie imię, по батькові, отчество, ミドルネーム""",
    FAMILY: """last name, lastname, last, last names, family name, family names, familyname, family, surname, surnames, second name,
        nachname, familienname, zuname, nom de famille, nom d'usage, nom de naissance, apellido, apellidos, primer apellido, sobrenome,
        sobrenomes, apelido, apelidos, último nome, cognome, cognomi, achternaam, familienaam, nazwisko, nazwiska, прізвище, прізвища,
        фамилия, фамилии, 姓, 苗字, ラストネーム""",
    EMAIL: """email, emails, email address, email addresses, emailaddress, mail, mails, mail address, mailaddress, email id, address email,
        work email, your email, your email address, contact email, email contact, mailadresse, mailadressen, emailadresse, emailadressen,
        email adresse, mail adresse, elektronische post, courriel, courriels, adresse email, adresse mail, adresse électronique,
        adresse courriel, adresse de courriel, adresse de messagerie, mél, correo, correos, correo electrónico, dirección de correo,
        dirección de correo electrónico, dirección email, dirección de email, correio eletrônico, correio eletrónico, correio,
        endereço de email, endereço eletrônico, endereço de correio eletrônico, indirizzo email, indirizzo mail, indirizzo di posta elettronica,
        posta elettronica, indirizzo di posta, mailadres, emailadres, email adres, mail adres, adres email, adres mailowy, poczta,
        poczta elektroniczna, adres poczty elektronicznej, електронна пошта, електронна адреса, ел пошта, ел адреса, пошта, імейл, емейл,
        адреса електронної пошти, email адреса, электронная почта, эл почта, почта, электронный адрес, адрес электронной почты, имейл, емейл,
        мейл, email адрес, адрес email, メールアドレス, メール, eメール, eメールアドレス, 電子メール, 電子メールアドレス, メアド, アドレス,
        邮箱, 电子邮箱, 邮箱地址, 邮件, 电子邮件, 邮件地址, 电子邮件地址, 电邮, 郵箱, 電子郵件, 電子郵件地址, 電郵, 信箱, 電子信箱, 이메일, 이메일 주소, 메일, 전자우편""",
    LOCATION: """location, locations, site, sites, room, rooms, where, place, venue, site name, room name, training site, training location,
        training room, site and room, site room, location room, building, campus, office, city, town, ort, standort, standorte, raum,
        schulungsort, veranstaltungsort, stadt, zimmer, gebäude, wo, lieu, lieux, salle, emplacement, lieu de formation, ville, où, bâtiment,
        lugar, ubicación, sede, sala, ciudad, aula, edificio, dónde, local, localização, localidade, cidade, prédio, onde, luogo, stanza,
        città, dove, ubicazione, locatie, plaats, lokaal, zaal, ruimte, stad, waar, gebouw, lokalizacja, miejsce, sala szkoleniowa,
        pokój, miasto, gdzie, budynek, місце, місце проведення, локація, місто, кімната, аудиторія, зала, де, место, место проведения,
        локация, город, комната, аудитория, зал, где, помещение, 場所, 会場, 拠点, 所在地, 部屋, 教室, 会議室, 勤務地, 地点, 地點, 位置, 房间, 房間, 会议室,
        会場名, 城市, 場地, 场地, 장소, 위치, 강의실""",
    REMOTE: """remote, remotely, remote participation, remote participant, remote or in person, in person or remote, in person remote,
        remote in person, online or in person, in person or online, in person online, online in person, online, online participation,
        joining online, joining remotely, participation, participation mode, mode of participation, participation type, type of participation,
        mode, attendance, attendance mode, attendance type, mode of attendance, how, format, virtual, zoom, virtual participation,
        remote attendance, works remotely, teilnahme, teilnahmeform, teilnahmeart, art der teilnahme, online teilnahme, fernteilnahme,
        remote teilnahme, remote teilnehmend, aus der ferne, präsenz oder online, vor ort oder online, vor ort online, distanz,
        mode de participation, modalité, modalité de participation, à distance, participation à distance, distanciel, en ligne,
        présentiel ou distanciel, présentiel distanciel, type de participation, remoto, participación remota, en línea, modalidad,
        modalidad de participación, a distancia, tipo de participación, modo de participación, presencial o remoto, modalidade,
        modalidade de participação, participação remota, à distância, presencial ou remoto, modo de participação, modalità,
        modalità di partecipazione, da remoto, a distanza, in presenza o online, in presenza o da remoto, partecipazione, op afstand,
        deelname, deelnamevorm, wijze van deelname, zdalnie, zdalny, tryb, tryb udziału, forma udziału, forma uczestnictwa, udział zdalny,
        stacjonarnie czy zdalnie, дистанційно, віддалено, онлайн, формат, формат участі, спосіб участі, дистанционно, удаленно,
        формат участия, способ участия, リモート, オンライン, 参加方法, 参加形式, 参加形態, 遠隔, リモート参加, オンライン参加, 远程, 线上, 在线, 線上, 遠端, 参与方式,
        参加方式, 参会方式, 线上参加, 远程参加, 參加方式, 온라인, 원격, 참가방법""",
    ONSITE: """in person, on site, onsite, in room, physically, in person participation, vor ort, präsenz, présentiel, en présentiel, sur place,
        presencial, en persona, in presenza, ter plaatse, stacjonarnie, очно, офлайн, 現地, 現地参加, 対面, 线下, 现场, 線下, 현장""",
}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MAIL_WORDS = _set("email emails mail courriel correo emailadresse mailadresse emailadres mailadres пошта пошти почта почты")
_MAIL_PARTS = ("メール", "邮箱", "邮件", "郵件", "郵箱", "메일")
_NAME_WORDS = _set("name names nom nombre nome naam имя имени імя імені nazwisko фио піб")
_NAME_PARTS = ("氏名", "姓名", "名前", "이름")
_GIVEN_WORDS = _set("first given forename forenames vorname vornamen prenom prenoms voornaam imie")
_FAMILY_WORDS = _set("last family surname surnames nachname familienname apellido apellidos cognome sobrenome achternaam")
_PLACE_WORDS = _set(
    """location site room venue standort raum lieu salle ubicacion sede sala luogo locatie lokalizacja место місце"""
)
_REMOTE_WORDS = _set("remote remotely online zoom virtual distanciel remoto zdalnie дистанционно дистанційно онлайн")
_OTHERS = _set(
    """company organisation organization institution institute institut team group user username file host course event
    training department emergency supervisor manager employer firma entreprise empresa nick nickname country project sent
    confirm confirmation invited date phone job school university affiliation website web url language gender diet dietary
    notes comment comments account github orcid twitter login"""
)


def plain(text: str) -> str:
    """A heading or word for comparison: lower case, without accents, signs, or what stands in brackets; "E-Mail" is "email"."""
    text = re.sub("['’ʼʹ`´]", "", unicodedata.normalize("NFKC", text[:300]).casefold())
    text = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    bare = re.sub(r"[(\[【（][^()\[\]【】]{0,200}[)\]】）]", " ", text)
    words = " ".join(re.sub(r"[\W_]+", " ", bare if bare.strip() else text).split())
    return re.sub(r"\be (mails?|mailadress\w*|mailadres)\b", r"e\1", words)


_ROLES = {plain(wording): role for role, wordings in reversed(_WORDINGS.items()) for wording in wordings.split(",")}


@lru_cache(maxsize=512)
def role_of(heading: str) -> tuple[str, bool]:
    """What the column of a heading holds, and whether that is its whole wording, not only a part of it.

    ("", True) is known to be something else: "Supervisor's e-mail"; ("", False) may be anything.
    """
    words = plain(heading)
    if words in _ROLES:
        return _ROLES[words], True
    parts = set(words.split())
    if not parts or len(parts) > 25:
        return "", False
    if any(part in _OTHERS or part.removesuffix("s") in _OTHERS for part in parts):
        return "", True
    if parts & _MAIL_WORDS or any(part in words for part in _MAIL_PARTS):
        return EMAIL, False
    return _loose_role(words, parts), False


def _loose_role(words: str, parts: set[str]) -> str:
    """By single words: "Participant's full name as on the passport", "At which site?"."""
    given, family, named = parts & _GIVEN_WORDS, parts & _FAMILY_WORDS, parts & _NAME_WORDS
    if given and family:
        return NAME
    if given and (named or len(parts) <= 3):
        return GIVEN
    if family and (named or len(parts) <= 3):
        return FAMILY
    if parts & _REMOTE_WORDS:
        return REMOTE
    if parts & _PLACE_WORDS:
        return LOCATION
    return NAME if named or any(part in words for part in _NAME_PARTS) else ""
