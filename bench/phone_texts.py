"""Texts in which to look for phone numbers, the same in each run: realistic ones, and one made to be slow to search."""

import json
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

BLOCK = 64 * 1024  # characters
FOREIGN = 0.15  # of all numbers
FOREIGN_REGIONS = ("US", "DE", "GB", "IN", "FR", "BR", "JP", "PL", "AU", "MX", "IT", "CN", "TR", "NG")
TYPES = (
    PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.TOLL_FREE,
)  # fmt: skip
VARIED = 7  # of a number's last digits
BEGIN = datetime(2025, 3, 1, tzinfo=UTC)

FIRST = ("Anna", "Boris", "Chloé", "Dmitrij", "Élise", "Fatma", "Günter", "Helena", "Ivan", "João", "Katarzyna", "Liam")
LAST = ("Müller", "Smith", "García", "Nowak", "O'Neill", "Øster", "Rossi", "Silva", "Tanaka", "van Dijk", "Kaya", "Lee")
STREETS = (
    "Main Street",
    "Hauptstraße",
    "Rue de la Paix",
    "High Street",
    "Park Avenue",
    "Ringstr.",
    "MG Road",
    "Elm Ct",
)
CITIES = ("Berlin", "Kraków", "Lyon", "New York", "São Paulo", "Leeds", "Utrecht", "Zürich", "Pune", "Austin")
PATHS = ("/api/orders", "/login", "/static/app.js", "/v2/users", "/healthz", "/search", "/cart/items", "/webhooks/sms")
MODULES = ("billing.worker", "auth", "gateway", "sms.sender", "importer", "db.pool", "scheduler")
EVENTS = ("connection reset", "job finished", "retrying", "cache miss", "user created", "queue is full", "checkpoint")
TEXT = (
    "the of to and a in is that for it was on are with as be at this have from or had by but some what there we can "
    "out other were all your when up use word how said an each she which do their time if will way about many then "
    "them would write like so these her long make thing see him two has look more day could go come did my sound no "
    "most number who over know water than call first people may down side been now find any new work part take get "
    "place made live where after back little only round man year came show every good me give our under name very "
    "through just form much great think say help low line before turn cause same mean differ move right boy old too "
    "does tell sentence set three want air well also play small end put home read hand port large spell add even land "
    "here must big high such follow act why ask men change went "
)
WORDS = TEXT.split()

_Line = TypeVar("_Line")


def mixed(region: str, size: int, seed: int = 1) -> Iterator[str]:
    """Blocks of whole lines, of about `BLOCK` characters each and at least `size` together: a quarter each of logs, CSV, JSON
    lines and prose. Most numbers are of `region`, all are distinct as far as the plan allows."""
    rng = random.Random(f"{region} {seed}")
    numbers = _numbers(region, rng)
    kinds: list[Callable[[random.Random, Iterator[PhoneNumber]], str]] = [_log, _csv, _json, _prose]
    return _blocks((kind(rng, numbers) for kind in _in_turn(kinds, rng)), size)


def slow(size: int, seed: int = 1) -> Iterator[str]:
    """Blocks as those of `mixed`, of what looks like numbers, or the beginning of numbers, without end."""
    rng = random.Random(seed)
    return _blocks((shape(rng) for shape in _in_turn(list(SLOW.values()), rng)), size)


def _in_turn(kinds: list[_Line], rng: random.Random) -> Iterator[_Line]:
    """Each for some lines at a time, as in a file put together from several."""
    while True:
        for kind in kinds:
            for _ in range(rng.randint(20, 60)):
                yield kind


def _blocks(lines: Iterator[str], size: int) -> Iterator[str]:
    made = 0
    while made < size:
        block, length = [], 0
        while length < BLOCK and made + length < size:
            block.append(next(lines) + "\n")
            length += len(block[-1])
        made += length
        yield "".join(block)


def _numbers(region: str, rng: random.Random) -> Iterator[PhoneNumber]:
    """Valid numbers: examples of the metadata with other last digits."""
    at_home = _examples(region)
    abroad = [each for other in FOREIGN_REGIONS if other != region for each in _examples(other)]
    while True:
        example = rng.choice(abroad if rng.random() < FOREIGN else at_home)
        national = phonenumbers.national_significant_number(example)
        kept = max(len(national) - VARIED, 2)
        varied = national[:kept] + "".join(rng.choices("0123456789", k=len(national) - kept))
        try:
            number = phonenumbers.parse(f"+{example.country_code}{varied}")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            yield number


def _examples(region: str) -> list[PhoneNumber]:
    return [each for of_type in TYPES if (each := phonenumbers.example_number_for_type(region, of_type)) is not None]


def _written(number: PhoneNumber, rng: random.Random) -> str:
    """As people write it."""
    chosen = rng.choice(
        (
            PhoneNumberFormat.NATIONAL,
            PhoneNumberFormat.NATIONAL,
            PhoneNumberFormat.INTERNATIONAL,
            PhoneNumberFormat.E164,
        )
    )
    text = phonenumbers.format_number(number, chosen)
    if rng.random() < 0.1:
        text = text.replace("-", ".").replace(" ", rng.choice("-./"))
    if rng.random() < 0.04:
        text += rng.choice((" ext. ", " x", ", ext ", ";ext=", " #")) + str(rng.randint(1, 9999))
    return text


def _when(rng: random.Random) -> datetime:
    return BEGIN + timedelta(milliseconds=rng.randrange(40_000_000_000))


def _address(rng: random.Random) -> str:
    return ".".join(str(rng.randint(1, 254)) for _ in range(4))


def _log(rng: random.Random, numbers: Iterator[PhoneNumber]) -> str:
    when, address, event = _when(rng), _address(rng), rng.choice(EVENTS)
    match rng.randrange(10):
        case 0 | 1 | 2:
            request = f"GET {rng.choice(PATHS)}/{rng.randrange(10**7)} HTTP/1.1"
            answer = f"{rng.choice((200, 200, 304, 404, 500))} {rng.randrange(10**6)} {rng.random():.3f}"
            return f'{address} - - [{when:%d/%b/%Y:%H:%M:%S} +0000] "{request}" {answer}'
        case 3 | 4 | 5:
            took = f"id={rng.randrange(10**9)} took {rng.randrange(5000)} ms"
            return f"{when:%Y-%m-%d %H:%M:%S},{rng.randrange(1000):03} INFO [{rng.choice(MODULES)}] {event} {took}"
        case 6 | 7:
            process, client = f"{rng.choice(MODULES)}[{rng.randrange(32768)}]", f"{address}:{rng.randrange(65536)}"
            return f"{when:%Y-%m-%dT%H:%M:%S.%f}Z {process}: {event} from {client} request {_uuid(rng)}"
        case 8:
            since = f"[{rng.random() * 1e6:.6f}]"
            return (
                f"{when:%b %d %H:%M:%S} host-{rng.randrange(100)} kernel: {since} eth0: {rng.randrange(10**5)} packets"
            )
        case _:
            failure = f"failed after {rng.randint(1, 9)} tries, code {rng.randrange(1000)}"
            return f"{when:%Y-%m-%d %H:%M:%S} WARN sms to {_written(next(numbers), rng)} {failure}"


def _csv(rng: random.Random, numbers: Iterator[PhoneNumber]) -> str:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    born = _when(rng) - timedelta(days=rng.randrange(7000, 25000))
    cells = (
        str(rng.randrange(10**6)),
        f"{first} {last}",
        f"{first.lower()}.{rng.randrange(1000)}@example.org",
        _written(next(numbers), rng),
        _written(next(numbers), rng) if rng.random() < 0.2 else "",
        f"{rng.randint(1, 300)} {rng.choice(STREETS)}",
        f"{rng.randrange(10**5):05}",
        rng.choice(CITIES),
        f"{born:%Y-%m-%d}",
        f"{rng.random() * 10_000:.2f}",
        " ".join(rng.choices(WORDS, k=rng.randint(0, 12))),
    )
    return ",".join(cells)


def _json(rng: random.Random, numbers: Iterator[PhoneNumber]) -> str:
    when = _when(rng)
    record: dict[str, object] = {
        "id": _uuid(rng),
        "ts": int(when.timestamp() * 1000),
        "at": when.isoformat(),
        "user": {
            "id": rng.randrange(10**8),
            "name": f"{rng.choice(FIRST)} {rng.choice(LAST)}",
            "city": rng.choice(CITIES),
        },
        "amount": round(rng.random() * 1000, 2),
        "ip": _address(rng),
        "note": " ".join(rng.choices(WORDS, k=rng.randint(3, 20))),
    }
    if rng.random() < 0.5:
        record["phone"] = _written(next(numbers), rng)
    if rng.random() < 0.2:
        record["payload"] = json.dumps({"to": _written(next(numbers), rng), "try": rng.randrange(9), "text": "a\nb"})
    return json.dumps(record, ensure_ascii=rng.random() < 0.5)


def _prose(rng: random.Random, numbers: Iterator[PhoneNumber]) -> str:
    sentences = []
    for _ in range(rng.randint(3, 8)):
        words = rng.choices(WORDS, k=rng.randint(6, 22))
        match rng.randrange(20):
            case 0 | 1:
                number = _written(next(numbers), rng)
                words.append(f"({number})" if rng.random() < 0.2 else number)
            case 2:
                words.append(f"call {_written(next(numbers), rng)} or {_written(next(numbers), rng)}")
            case 3:
                prices = f"${rng.random() * 1000:.2f}", f"{rng.randrange(1000)} €", f"{rng.randrange(100)}%"
                words.insert(3, rng.choice(prices))
            case 4:
                words.insert(2, f"in {rng.randint(1900, 2030)}")
            case 5:
                book = f"{rng.randrange(10)}-{rng.randrange(10**4):04}-{rng.randrange(10**4):04}-{rng.randrange(10)}"
                words.append(f"(ISBN 978-{book})")
            case 6:
                words.append(f"on {rng.randint(1, 12)}/{rng.randint(1, 28)}/{rng.randint(1980, 2030)}")
            case 7:
                pages = f"{rng.randint(1, 400)}-{rng.randint(400, 900)} ({rng.randint(1950, 2025)})"
                words.append(f"{rng.randint(1, 40)}({rng.randint(1, 9)}): {pages}")
            case _:
                pass
        sentences.append(" ".join(words).capitalize() + ".")
    return " ".join(sentences)


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _digits(rng: random.Random, most: int) -> str:
    return "".join(rng.choices("0123456789", k=rng.randint(1, most)))


def _joined(separators: tuple[str, ...], most: int) -> Callable[[random.Random], str]:
    return lambda rng: "".join(_digits(rng, most) + rng.choice(separators) for _ in range(rng.randint(20, 400)))


SLOW: dict[str, Callable[[random.Random], str]] = {
    "single digits and spaces": _joined((" ",), 1),
    "short groups and spaces": _joined((" ",), 4),
    "groups and spaces": _joined((" ",), 9),
    "digits": _joined(("",), 20),
    "hyphens": _joined(("-",), 2),
    "long groups and hyphens": _joined(("-",), 7),
    "hyphens and spaces": _joined((" - ", "- ", " -"), 3),
    "slashes": _joined(("/",), 3),
    "slashes and spaces": _joined(("/", " / ", " "), 5),
    "dots": _joined((".",), 3),
    "dots and spaces": _joined((". ", ".", " "), 4),
    "brackets": _joined((")(",), 1),
    "brackets and spaces": _joined((") (", " (", ") "), 4),
    "square brackets": _joined(("][", "]", "["), 3),
    "all punctuation": _joined((" ", "-", ".", "/", "(", ")", "[", "]", "~", " - ", "—", "\u00a0"), 4),
    "pluses": _joined(("+",), 1),
    "pluses and numbers": _joined(("+", " +"), 11),
    "wide hyphens": _joined(("–", "—", "－"), 3),
    "x": _joined(("x", " x", "xx"), 3),
    "extensions": _joined((" ext ", " ext. ", ";ext=", " x", "#", ",", " доб "), 4),
    "tildes": _joined(("~", "～"), 3),
    "hashes": _joined((" ", "#", "-"), 3),
    "hashes and wide hyphens": _joined(("—", "#"), 10),
    "labels": _joined((" доб ", " anexo ", "int ", ".", "-", " "), 5),
    "labels, x and breaks": _joined((" ext. ", "X", "xx", "~", " / ", " - ", ". ", "  "), 3),
    "pairs of x": _joined(("xx", " +", "\u200b"), 3),
    "pairs of x and long groups": _joined(("xx", "/", " / ", ".", "(", ")", " -"), 10),
    "hyphens of both widths": _joined(("–", "-"), 1),
    "commas": _joined((",", ", ", ",,"), 8),
    "no digits": lambda rng: "".join(rng.choices("([+-. x", k=500)),
    "time stamps": lambda rng: " ".join(f"{_when(rng):%Y-%m-%d %H:%M}" for _ in range(rng.randint(20, 100))),
    "half a time stamp": lambda rng: " ".join(f"{_when(rng):%Y-%m-%d %H}" for _ in range(rng.randint(20, 100))),
    "dates": lambda rng: " ".join(f"{_when(rng):%d/%m/%Y}" for _ in range(rng.randint(20, 100))),
    "wide digits": lambda rng: _joined((" ", "-", "－", "　"), 4)(rng).translate(
        {48 + at: 0xFF10 + at for at in range(10)}
    ),
    "Arabic digits": lambda rng: _joined((" ", "-"), 5)(rng).translate({48 + at: 0x660 + at for at in range(10)}),
}
