"""Whether a domain takes mail, as the DNS has it. Nobody's mail server is asked (SMTP probing): servers answer it with whatever
they like, and put who asks on lists of spammers.
"""

import functools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from types import NoneType

import dns.resolver
from email_validator import EmailUndeliverableError, caching_resolver
from email_validator.deliverability import validate_email_deliverability

from md5_service.settings import dns_address

QUESTION_S = 3  # for each question, of up to four for a domain
ALL_S = 60  # for all domains of a part
AT_ONCE = 32
MOST_CACHED = 100_000  # answers, kept as long as they say
# The DNS said no; any other cause is a failure to ask, of which the library says the same.
_ANSWERS = (NoneType, dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


def undeliverable(domains: Iterable[str], server: str | None) -> dict[str, str]:
    """Those that do not exist, or take no mail, and why. A domain of which nobody could tell in time is not among them: that is
    no fault of the row's. `server`: as the setting `dns_server` has it. Questions that are on their way when the time is over
    end by themselves."""
    resolver = _resolver(server)  # not in the threads, which would make several, each with a cache of its own
    asking = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dns")
    try:
        answers = {asking.submit(_why_not, domain, resolver): domain for domain in sorted(domains)}
        told, _ = wait(answers, ALL_S)
        return {answers[answer]: why for answer in told if (why := answer.result()) is not None}
    finally:
        asking.shutdown(wait=False, cancel_futures=True)


def _why_not(domain: str, resolver: dns.resolver.Resolver) -> str | None:
    try:
        validate_email_deliverability(domain, domain, dns_resolver=resolver)
    except EmailUndeliverableError as error:
        if isinstance(error.__cause__, _ANSWERS):
            return str(error)
    return None


@functools.cache
def _resolver(server: str | None) -> dns.resolver.Resolver:
    """One a process, with its cache."""
    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        address, resolver.port = dns_address(server)
        resolver.nameservers = [address]
    return caching_resolver(timeout=QUESTION_S, cache=dns.resolver.LRUCache(MOST_CACHED), dns_resolver=resolver)
