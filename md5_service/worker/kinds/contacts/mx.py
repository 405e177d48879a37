"""Whether a domain accepts mail, according to the DNS. Mail servers are not asked (SMTP probing): their answers are
unreliable, and those who ask end up on spam blocklists."""

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

QUESTION_S = 3  # for each query; up to four per domain
AT_ONCE = 32
MOST_CACHED = 100_000  # answers, cached for their TTL
LOOK_S = 0.5  # between two checks that the task is still ours
SILENT = Answer(is_silent=True)
# Causes that mean a negative answer; any other is a failed query, for which the library raises the same error.
_ANSWERS = (NoneType, dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


def checked(job: Job, names: Set[str]) -> dict[str, Answer]:
    """For each of these domains, what is known, or what the DNS answers within the time that the part, its file and its
    owner have left. A domain without an answer in time is silent, which is not held against the row. Raises LeaseLost."""
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
    finally:  # also if the file is cancelled in the meantime
        job.in_transaction(partial(_keep, job, told, time.monotonic() - began))
    return dict.fromkeys(unknown, SILENT) | told | known


def _keep(job: Job, told: dict[str, Answer], spent_s: float, db: Connection) -> None:
    domains.keep(db, told)
    domains.spend(db, job.owner, job.task_id, job.where.line, spent_s)


def ask(
    names: Iterable[str], server: str | None, time_s: float, look: Callable[[], None] = lambda: None
) -> dict[str, Answer]:
    """The DNS's answers, including failures to answer, for the domains that were queried within `time_s` seconds. `server`:
    as in the setting `dns_server`. `look` is called now and then, and may raise. Queries still running after that time end
    on their own."""
    resolver = _resolver(server)  # not in the threads, which would create several, each with its own cache
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
    """One per process, with its cache."""
    resolver = dns.resolver.Resolver(configure=server is None)
    if server is not None:
        address, resolver.port = dns_address(server)
        resolver.nameservers = [address]
    return caching_resolver(timeout=QUESTION_S, cache=dns.resolver.LRUCache(MOST_CACHED), dns_resolver=resolver)
