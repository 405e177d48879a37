"""Mutants of requests and answers."""

from tests.faults.mutants.places import api
from tests.faults.mutation import Mutant

PROTOCOL = "md5_service/api/http/protocol.py"
HEAD = "md5_service/api/http/head.py"

MUTANTS = (
    Mutant(
        "what keeps caches from showing what a cookie opened",
        "md5_service/api/http/headers.py",
        "(ALWAYS | UNLESS_SAID).items()",
        "ALWAYS.items()",
        api("test_session.py::test_no_cache_shows_to_others_what_a_cookie_opened"),
    ),
    Mutant(
        "the limit of connections",
        PROTOCOL,
        "if len(self.connections) > limits.max_connections:",
        "if False:",
        api("test_limits.py::test_so_many_connections_are_served_and_the_next_are_told"),
    ),
    Mutant(
        "the end of a head without one",
        PROTOCOL,
        "if self._head_bytes > MOST_HEAD_BYTES:",
        "if not self._head_bytes:",
        api("test_limits.py::test_a_head_that_never_ends_is_cut_off"),
    ),
    Mutant(
        "the end of trailers without one",
        PROTOCOL,
        " or (self._receives == BODY and not self._has_body)",
        "",
        api("test_limits.py::test_trailers_are_cut_off"),
    ),
    Mutant(
        "the deadline of a head, and of a body that nobody needs",
        PROTOCOL,
        "self._limit = None if seconds is None else",
        "self._limit = None if seconds else None and",
        api(
            "test_limits.py::test_a_head_that_does_not_come_is_not_waited_for",
            "test_limits.py::test_what_is_sent_after_the_answer_has_an_end_too",
        ),
    ),
    Mutant(
        "the body after an offer to change the protocol",
        PROTOCOL,
        "if self.parser.should_upgrade():",
        "if not method:",
        api("test_protocol.py::test_an_offer_to_change_the_protocol_is_ignored"),
    ),
    Mutant(
        "lists of which a part comes in each field",
        HEAD,
        "if name in twice]",
        "if name in twice and not name]",
        api("test_protocol.py::test_several_fields_of_a_list_are_one_list"),
    ),
    Mutant(
        "the number of requests that wait for their answers",
        PROTOCOL,
        "if len(self._unanswered) >= MOST_UNANSWERED:",
        "if False:",
        api("test_protocol.py::test_so_many_requests_wait_for_answers_and_the_connection_ends_after_those"),
    ),
    Mutant(
        "the notice that a client takes its answer",
        PROTOCOL,
        "if self.transport.get_write_buffer_size() >= self._unsent:",
        "if self.transport.get_write_buffer_size():",
        api("test_unread.py::test_a_download_that_is_read_slowly_arrives"),
    ),
    Mutant(
        "the turn of each owner",
        "md5_service/api/http/deadline.py",
        "        async with turn:\n",
        "        if turn:\n",
        api("test_neighbours.py::test_what_computes_has_one_turn_of_an_owner_at_a_time_and_others_wait_for_none"),
    ),
    Mutant(
        "the size of a head",
        HEAD,
        "size > self._max_bytes or ",
        "",
        api("test_limits.py::test_the_head_of_a_request_has_a_size"),
    ),
    Mutant(
        "the number of headers",
        HEAD,
        " or len(fields) > self._max_fields",
        "",
        api("test_limits.py::test_a_request_has_so_many_headers"),
    ),
)
