"""Mutants of uploads."""

from tests.faults.mutants.places import api
from tests.faults.mutation import Mutant

MUTANTS = (
    Mutant(
        "what the disk said of the first bytes while more came",
        "md5_service/api/upload/sink.py",
        "self._syncing.result()",
        "pass",
        api("test_sink.py::test_what_the_disk_could_not_keep_is_refused_whenever_it_said_so[1]"),
    ),
    Mutant(
        "the second try to free a key",
        "md5_service/api/upload/idempotency.py",
        "await asyncio.sleep(LET_GO_AGAIN_S)",
        "return",
        api("test_idempotency.py::test_a_key_is_free_as_soon_as_the_database_is_back"),
    ),
    Mutant(
        "the care for bytes whose row may be there",
        "md5_service/api/upload/commit.py",
        "if not promise.is_committing or isinstance(error, StorageFull):",
        "if True:",
        ("tests/api/test_broken_hand_over.py::test_bytes_stay_where_nobody_knows_whether_the_row_is_there",),
    ),
    Mutant(
        "the key of a request, in the transaction of its task",
        "md5_service/api/upload/commit.py",
        "promise.key.keep(db)",
        "pass",
        api("test_idempotency.py::test_the_same_again_is_the_same_task_as_it_is_now"),
    ),
    Mutant(
        "the extension of a hold",
        "md5_service/api/upload/idempotency.py",
        "holding = asyncio.create_task(key.go_on_holding())",
        "holding = None",
        api("test_idempotency.py::test_a_slow_upload_keeps_its_key"),
    ),
    Mutant(
        "the release of a key whose upload broke off",
        "md5_service/api/upload/idempotency.py",
        "            await key.let_go()",
        "            pass",
        api("test_idempotency.py::test_an_upload_that_broke_off_frees_its_key_at_once"),
    ),
    Mutant(
        "the digest of what came with a key",
        "md5_service/api/upload/sink.py",
        "self._digest.update(piece)",
        "pass",
        api("test_idempotency.py::test_other_bytes_or_parameters_are_422"),
    ),
    Mutant(
        "the disk's reserve, for small files too",
        "md5_service/api/upload/commit.py",
        "            self._check_room(sum(map(len, held)))\n",
        "            pass\n",
        api("test_small_files.py::test_no_file_however_small_takes_what_is_left_of_the_disk"),
    ),
    Mutant(
        "the touch of a slow upload",
        "md5_service/api/upload/sink.py",
        " or has_waited:",
        ":",
        api("test_crash.py::test_however_slow_an_upload_is_its_file_is_touched"),
    ),
    Mutant(
        "the pieces of a parameter that comes in several chunks",
        "md5_service/api/upload/form.py",
        "self._value += piece",
        "self._value = bytearray(piece)",
        ("tests/fuzz/test_form.py::test_a_form_is_what_was_sent_however_it_is_cut",),
    ),
    Mutant(
        "the decoding of a part",
        "md5_service/api/upload/form.py",
        'self._decoder = decoding.decoder_of(self._encoding or "binary")',
        'self._decoder = decoding.decoder_of("binary")',
        api("test_decoding.py::test_a_large_file_may_travel_encoded_but_not_much_that_stands_for_nothing"),
    ),
    Mutant(
        "the limit of an encoding that stands for nothing",
        "md5_service/api/upload/form.py",
        "return min(self._file_travelled, decoding.MOST_GROWTH * decoded)",
        "return self._file_travelled",
        api("test_decoding.py::test_a_large_file_may_travel_encoded_but_not_much_that_stands_for_nothing"),
    ),
    Mutant(
        "the strictness of a decoder",
        "md5_service/api/upload/decoding.py",
        "strict_mode=True",
        "strict_mode=False",
        api("test_decoding.py::test_what_is_broken_is_refused_wherever_it_is_cut"),
    ),
    Mutant(
        "the limit of what a form has besides its file",
        "md5_service/api/upload/form.py",
        "if size - form.file_bytes(sink.size) > settings.max_form_bytes:",
        "if size < 0:",
        api("test_limits.py::test_a_form_has_little_besides_its_file"),
    ),
    Mutant(
        "an owner's share of the places",
        "md5_service/api/upload/places.py",
        "self._taken[owner] >= self._most_of_one",
        "self._taken.total() < 0",
        api("test_limits.py::test_so_many_files_come_in_at_the_same_time"),
    ),
    Mutant(
        "the places of all",
        "md5_service/api/upload/places.py",
        "self._taken.total() >= self._most:",
        "self._taken.total() < 0:",
        api("test_limits.py::test_so_many_files_come_in_at_the_same_time"),
    ),
)
