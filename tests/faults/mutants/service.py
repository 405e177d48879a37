"""Mutants of what API and worker share."""

from tests.faults.mutants.places import api, data
from tests.faults.mutation import Mutant

MUTANTS = (
    Mutant(
        "what keeps kombu from writing messages down in /tmp",
        "md5_service/redis_transport.py",
        "    do_restore = False\n",
        "    do_restore = True\n",
        ("tests/worker/test_redis_transport.py",),
    ),
    Mutant(
        "fdatasync, in the model",
        "tests/data/log_model.py",
        "if self.variant is not Variant.NO_SYNC:",
        "if False:",
        data("test_log_model.py::test_protocol_holds[power loss]"),
    ),
    Mutant(
        "the limit of the wait for a collector of traces",
        "md5_service/tracing.py",
        "sending.join(STOP_S)",
        "sending.join()",
        (
            "tests/worker/test_tracing.py::"
            "test_a_collector_that_takes_nothing_holds_up_nobody_and_is_spoken_of_seldom[it never answers]",
        ),
    ),
    Mutant(
        "the variables of another application that do not count",
        "md5_service/settings.py",
        "        del os.environ[name]\n",
        "        pass\n",
        ("tests/worker/test_foreign_environment.py::test_the_settings_are_the_same_as_without_it",),
    ),
    Mutant(
        "the scheme of an origin",
        "md5_service/origins.py",
        'self.scheme in ("", other.scheme)',
        "True",
        api("test_cross_site.py::test_an_allowed_origin_is_that_scheme_and_port_alone_where_it_says_so"),
    ),
)
