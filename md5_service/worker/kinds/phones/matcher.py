from collections.abc import Iterator

import phonenumbers

from md5_service.worker.kinds.phones.found import Found


def exact(text: str, region: str) -> Iterator[Found]:
    for m in phonenumbers.PhoneNumberMatcher(text, region, max_tries=1 << 40):
        e = phonenumbers.format_number(m.number, phonenumbers.PhoneNumberFormat.E164)
        r = phonenumbers.region_code_for_number(m.number)
        yield Found(m.start, m.raw_string, e, m.number.extension, None if r in (None, "001") else r)
