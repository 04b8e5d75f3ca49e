"""
What is a secret in a text, an address or a handshake, and how it is masked.

    Authorization: Bearer abc        Authorization: Bearer (masked)
    Cookie: session=abc; theme=x     Cookie: session=(masked); theme=(masked)
    GET /ws?token=abc&room=1         GET /ws?token=(masked)&room=1
    wss://bob:abc@host/              wss://bob:(masked)@host/

Names and the rest of the text stay. Masking what is masked already changes nothing. Each function adds to `found` a
word for each thing it has masked, such as "header cookie" or "query token". Payloads of messages are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

MASK = "(masked)"
"""What stands for a secret; ASCII, so that it can stand in bytes too."""

LONG_NAME = 100
"""Characters up to which it is remembered whether a name is that of a secret."""

SHORTEST = 4
"""Characters from which on a secret of a handshake is looked for in other texts of its connection."""

WORDS = frozenset(
    {
        *("token", "tokens", "key", "apikey", "secret", "password", "passwd", "passphrase", "passcode", "pwd", "pass"),
        *("auth", "oauth", "authorization", "credential", "credentials", "jwt", "bearer", "cookie", "otp"),
        *("session", "sessionid", "sid", "sig", "signature", "csrf", "xsrf", "ticket", "hmac"),
    }
)
"""The words that make a header's or a parameter's name that of a secret: `X-API-Key`, `access_token`, `authToken`."""

ENDINGS = ("token", "secret", "password", "passwd", "apikey", "accesskey", "privatekey", "sessionid", "signature")
"""The same where the words of a name are written as one."""

PUBLIC = frozenset({"sec-websocket-key", "idempotency-key", "public-key", "access-control-allow-credentials"})
"""Names of this kind whose values are no secrets (RFC 6455, section 11.3.1, for the first)."""

SCHEMES = frozenset(
    {"basic", "bearer", "digest", "dpop", "hoba", "key", "apikey", "negotiate", "ntlm", "token", "vapid"}
    | {"aws4-hmac-sha256", "scram-sha-1", "scram-sha-256", "googlelogin", "mutual"}
)
"""Schemes of Authorization, which stay: the word before the credentials (RFC 9110, section 11.4)."""

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SEPARATOR = re.compile(r"([&;])")
_IN_TEXT = re.compile(r"""(?<=[?&;#])([^=&;?#\s"'<>]{1,100})=([^&;#\s"'<>]*)""")
_NAME_INSIDE = re.compile(r"""(?<=[?&;#])([^=&;?#\s"'<>]{1,100})=""")
_USER = re.compile(r"""\b([A-Za-z][A-Za-z0-9+.-]{0,20}://)([^/\s?#"'<>]+)@""")
_SCHEME = re.compile(r"\b(Bearer|Basic)([ \t]+|%20|\.)([A-Za-z0-9._~+/=-]{4,})")
_JWT = re.compile(r"\beyJ[\w-]{4,2000}\.[\w-]{1,2000}\.[\w-]*")
_LINE = re.compile(r"\r?\n")
_NAMES = r"((?:proxy-)?authorization|(?:set-)?cookie|(?:x-)?(?:[a-z]{1,20}-){0,3}(?:key|token|secret))"
_QUOTED_HEADER = re.compile(
    rf"""(?i)(?<=['"]){_NAMES}(['"]\s*[:,]\s*b?)("(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')"""
)
_HEADER_LINE = re.compile(rf"""(?im)(?:(?<=^)|(?<=['"])|(?<=[<>] )){_NAMES}(:[ \t]*)([^\r\n'"]+)""")
_BEARER_PROTOCOL = re.compile(r"(?i)(.*(?:bearer|token|authorization|auth|jwt|key|k8s\.io)[.\-_:=|])(.{6,})")


def is_secret_name(name: str) -> bool:
    """Return whether a header or a parameter with that name has a secret as its value."""
    # Long names, which only an attacker has, would fill the cache.
    return _is_known_secret_name(name) if len(name) <= LONG_NAME else _is_secret_name(name)


def _is_secret_name(name: str) -> bool:
    plain = unquote_plus(name).strip()
    if plain.lower() in PUBLIC:
        return False
    words = [word.lower() for word in _PARTS.findall(plain)]
    return any(word in WORDS for word in words) or "".join(words).endswith(ENDINGS)


_is_known_secret_name = lru_cache(maxsize=4096)(_is_secret_name)


def mask_text(text: str, found: list[str], values: Iterable[str] = ()) -> str:
    """
    Return a text, such as that of an error, without the secrets that can be told by their form.

    Args:
        text: any text; addresses, headers and credentials in it are recognised.
        found: gets a word for each secret.
        values: secrets that are known already, from the handshake of the connection that the text belongs to.
    """
    for value in values:
        if value in text:
            text = text.replace(value, MASK)
            found.append("secret of the handshake")
    if "://" in text:
        text = _USER.sub(lambda match: match[1] + _user(match[2], found) + "@", text)
    if "=" in text:
        text = _IN_TEXT.sub(lambda match: _pair(match[1], match[2], "query", found), text)
    if "eyJ" in text:
        text = _JWT.sub(lambda match: _masked("JSON Web Token", found), text)
    if ":" in text or "," in text:
        text = _QUOTED_HEADER.sub(lambda match: _header_in_text(match, found), text)
        text = _HEADER_LINE.sub(lambda match: _header_in_text(match, found), text)
    return _SCHEME.sub(lambda match: match[1] + match[2] + _masked("credentials", found), text)


def mask_target(target: str, found: list[str]) -> str:
    """Return a request's target, or an address, with the secrets of its query and of the user in it masked."""
    before, question, query = target.partition("?")
    if "://" in before:
        before = _USER.sub(lambda match: match[1] + _user(match[2], found) + "@", before)
    if ";" in before:
        before = _IN_TEXT.sub(lambda match: _pair(match[1], match[2], "path", found), before)
    return before + question + "".join(_parameter(part, found) for part in _SEPARATOR.split(query))


def mask_header(name: str, value: str, found: list[str]) -> str:
    """Return a header's value with its secrets masked; parts that say what kind it is, such as "Bearer", stay."""
    plain, before = name.strip().lower(), len(found)
    if plain in ("cookie", "set-cookie", "cookie2", "set-cookie2"):
        masked = _cookies(value, plain.startswith("set-"), found)
    elif plain == "sec-websocket-protocol":
        masked = _protocols(value, found)
    elif is_secret_name(plain):
        scheme, space, rest = value.partition(" ")
        if not (space and scheme.lower() in SCHEMES):
            scheme = space = ""
            rest = value
        masked = scheme + space + _masked("", found, rest)
    else:
        return mask_text(value, found)
    if len(found) > before:
        found[before:] = [f"header {plain}"]
    return masked


def mask_headers(headers: Iterable[tuple[bytes, bytes]], found: list[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return headers with the secrets in their values masked."""
    masked = ((name, mask_header(_latin(name), _latin(value), found)) for name, value in headers)
    return tuple((name, value.encode("latin-1", "replace")) for name, value in masked)


def mask_head(head: bytes, found: list[str]) -> bytes:
    """Return the first line and the headers of a handshake, as they travelled, with their secrets masked."""
    lines = _LINE.split(text := _latin(head))
    ends = [*_LINE.findall(text), ""]
    masked, name, place = "", "", "first line"
    for line, end in zip(lines, ends, strict=True):
        if place == "first line":
            masked += _first_line(line, found)
            place = "headers" if line else place
        elif place == "headers" and not line:
            place = "body"
        elif place == "headers" and line[0] in " \t":
            # A header that goes on in the next line (RFC 9112, section 5.2).
            masked += line[0] + mask_header(name, line[1:], found)
        elif place == "headers" and ":" in line:
            name, _, value = line.partition(":")
            space = value[: len(value) - len(value.lstrip())]
            masked += name + ":" + space + mask_header(name, value[len(space) :], found)
        else:
            masked += mask_text(line, found)
        masked += end
    return masked.encode("latin-1", "replace")


def values_in(target: str, headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """Return the secrets of a handshake, the longest first, so that they can be found in what an app says of them."""
    values: set[str] = set()
    for part in _SEPARATOR.split(target.partition("?")[2]):
        name, _, value = part.partition("=")
        if value and is_secret_name(name):
            values |= {value, unquote_plus(value), unquote(value)}
    for raw, header in headers:
        values.update(_in_header(_latin(raw).strip().lower(), _latin(header)))
    values |= {repr(value)[1:-1] for value in values}
    return sorted((one for one in values if len(one) >= SHORTEST and MASK not in one), key=len, reverse=True)


def _in_header(name: str, value: str) -> Iterator[str]:
    if name in ("cookie", "set-cookie"):
        crumbs = value.split(";")[: 1 if name == "set-cookie" else None]
        for crumb in crumbs:
            _, equals, rest = crumb.partition("=")
            yield (rest if equals else crumb).strip().strip('"')
    elif name == "sec-websocket-protocol":
        for part, masked in zip(value.split(","), _protocols(value, []).split(","), strict=True):
            if part != masked:
                yield part.strip()
                yield part[masked.index(MASK) :].strip()
    elif is_secret_name(name):
        scheme, _, rest = value.partition(" ")
        yield rest.strip() if rest and scheme.lower() in SCHEMES else value.strip()


def _latin(value: bytes) -> str:
    return bytes(value).decode("latin-1")


def _masked(what: str, found: list[str], value: str = "?") -> str:
    """Return the mask for a value; nothing stays nothing, and what is masked already does not count."""
    if not value.strip() or value.strip() == MASK:
        return value
    found.append(what)
    return MASK


def _parameter(part: str, found: list[str]) -> str:
    name, equals, value = part.partition("=")
    return _pair(name, value, "query", found) if equals else part


def _pair(name: str, value: str, where: str, found: list[str]) -> str:
    if is_secret_name(name):
        return f"{name}={_masked(f'{where} {name}', found, value)}"
    return f"{name}={_masked(f'{where} {name}', found, value) if _has_secret_inside(value) else value}"


def _has_secret_inside(value: str) -> bool:
    """Return whether a value is an address of its own that has a secret; it may be encoded more than once."""
    for _ in range(3):
        if any(map(is_secret_name, _NAME_INSIDE.findall(value))) or _USER.search(value):
            return True
        plain = unquote_plus(value)
        if plain == value:
            break
        value = plain
    return False


def _user(user: str, found: list[str]) -> str:
    name, colon, password = user.partition(":")
    if not colon:
        return _masked("user of an address", found, name)
    return name + colon + _masked("password of an address", found, password)


def _cookies(value: str, is_set: bool, found: list[str]) -> str:
    crumbs = value.split(";")
    for number, crumb in enumerate(crumbs[:1] if is_set else crumbs):
        name, equals, rest = crumb.partition("=")
        space = name[: len(name) - len(name.lstrip())]
        crumbs[number] = (
            name + equals + _masked("", found, rest) if equals else space + _masked("", found, name.strip())
        )
    return ";".join(crumbs)


def _protocols(value: str, found: list[str]) -> str:
    """Return subprotocols, with tokens masked: those after a name such as "bearer" or with one as prefix, and JWTs."""
    parts, announced = value.split(","), False
    for number, part in enumerate(parts):
        space, plain = part[: len(part) - len(part.lstrip())], part.strip()
        prefixed = _BEARER_PROTOCOL.fullmatch(plain)
        if announced and (is_secret_name(plain) or plain.lower() in SCHEMES):
            continue
        if announced or _JWT.fullmatch(plain):
            parts[number], announced = space + _masked("", found, plain), False
        elif prefixed and prefixed[2] != MASK:
            parts[number] = space + prefixed[1] + _masked("", found, prefixed[2])
        else:
            announced = is_secret_name(plain)
    return ",".join(parts)


def _first_line(line: str, found: list[str]) -> str:
    method, space, rest = line.partition(" ")
    if not space or method.startswith("HTTP/"):
        return mask_text(line, found)
    target, space_after, version = rest.rpartition(" ")
    if not space_after:
        target, version = rest, ""
    return method + space + mask_target(target, found) + space_after + version


def _header_in_text(match: re.Match[str], found: list[str]) -> str:
    name, between, value = match[1], match[2], match[3]
    quoted = value[0] if value[0] in "'\"" and len(value) > 1 else ""
    inner = value[1:-1] if quoted else value
    return name + between + quoted + mask_header(name, inner, found) + quoted


def summary(found: Iterable[str]) -> str:
    """Return in one sentence what was masked: "2 secrets are masked (header cookie, query token)"; "" for nothing."""
    listed = list(found)
    if not listed:
        return ""
    names = list(dict.fromkeys(listed))
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} others" if len(names) > 10 else "")
    count = "1 secret is" if len(listed) == 1 else f"{len(listed)} secrets are"
    return f"{count} masked ({shown})"
