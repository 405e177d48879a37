"""Whether a domain takes mail, as the DNS has it. Nobody's mail server is asked (SMTP probing): servers answer it with whatever
they like, and put who asks on lists of spammers.
"""

import functools
import time
from collections.abc import Callable, Iterable, Set
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from types import NoneType

import dns.resolver
from email_validator import EmailUndeliverableError, caching_resolver
from email_validator.deliverability import validate_email_deliverability
from sqlalchemy import Connection

from md5_service.settings import dns_address
from md5_service.worker.job import Job
from md5_task_data.kinds import domains
from md5_task_data.kinds.domains import Answer

QUESTION_S = 3  # for each question, of up to four for a domain
AT_ONCE = 32
MOST_CACHED = 100_000  # answers, kept as long as they say
LOOK_S = 0.5  # between two looks at whether the task is still ours
SILENT = Answer(is_silent=True)
# The DNS said no; any other cause is a failure to ask, of which the library says the same.
_ANSWERS = (NoneType, dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


def checked(job: Job, names: Set[str]) -> dict[str, Answer]:
    """Of each of these domains, what is known, and what the DNS says within the time that the part, its file and its owner have
    left. A domain of which nobody could tell is silent: that is no fault of the row's. Raises LeaseLost."""
    known, left_s = job.in_transaction(
        lambda db: (domains.known(db, names), domains.left_s(db, job.owner, job.task_id))
    )
    if not (unknown := names - known.keys()):
        return known
    if not left_s:
        return dict.fromkeys(unknown, SILENT) | known
    began, told = time.monotonic(), dict[str, Answer]()
    try:
        told = ask(unknown, job.settings.dns_server, left_s, job.check)
    finally:  # also of a file that is cancelled meanwhile
        job.in_transaction(partial(_keep, job, told, time.monotonic() - began))
    return dict.fromkeys(unknown, SILENT) | told | known


def _keep(job: Job, told: dict[str, Answer], spent_s: float, db: Connection) -> None:
    domains.keep(db, told)
    domains.spend(db, job.owner, job.task_id, job.where.line, spent_s)


def ask(
    names: Iterable[str], server: str | None, time_s: float, look: Callable[[], None] = lambda: None
) -> dict[str, Answer]:
    """What the DNS says, or that it says nothing, of those that were asked about within that time. `server`: as the setting
    `dns_server` has it. `look` is called now and then, and may raise. Questions that are on their way when the time is over
    end by themselves."""
    resolver = _resolver(server)  # not in the threads, which would make several, each with a cache of its own
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dns")
    try:
        answers = {threads.submit(_answer, name, resolver): name for name in sorted(names)}
        waiting, ends_at = set(answers), time.monotonic() + time_s
        while waiting and (left_s := ends_at - time.monotonic()) > 0:
            look()
            _, waiting = wait(waiting, min(left_s, LOOK_S))
        return {name: answer.result() for answer, name in answers.items() if answer not in waiting}
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _answer(name: str, resolver: dns.resolver.Resolver) -> Answer:
    try:
        found = validate_email_deliverability(name, name, dns_resolver=resolver)
    except EmailUndeliverableError as error:
        return Answer(str(error)) if isinstance(error.__cause__, _ANSWERS) else SILENT
    return SILENT if "unknown-deliverability" in found else Answer()


@functools.cache
def _resolver(server: str | None) -> dns.resolver.Resolver:
    """One a process, with its cache."""
    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        address, resolver.port = dns_address(server)
        resolver.nameservers = [address]
    return caching_resolver(timeout=QUESTION_S, cache=dns.resolver.LRUCache(MOST_CACHED), dns_resolver=resolver)
