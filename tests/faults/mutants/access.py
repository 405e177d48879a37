"""Mutants of access control."""

from tests.faults.mutants.places import api
from tests.faults.mutation import Mutant

AUTH = "md5_service/api/access/auth.py"
CROSS_SITE = "md5_service/api/access/cross_site.py"
COOKIE = "md5_service/api/access/cookie.py"
RATES = "md5_service/api/access/rates.py"

MUTANTS = (
    Mutant(
        "the look at a key's secret",
        AUTH,
        "row is None or not api_keys.fits(key, row)",
        "row is None",
        api("test_auth.py::test_a_wrong_key_opens_nothing"),
    ),
    Mutant(
        "the shut door",
        AUTH,
        "        if is_open:\n",
        "        request.state.owner = LOCAL_OWNER\n        if True:\n",
        api("test_auth.py::test_every_path_but_those_that_show_nothing_needs_a_key"),
    ),
    Mutant(
        "the owner of a key",
        AUTH,
        'return str(row["owner"])',
        "return LOCAL_OWNER",
        api("test_auth.py::test_owners_see_and_touch_only_their_own"),
    ),
    Mutant(
        "the loopback of who was told nothing",
        AUTH,
        'self._auth == "none" or cross_site.is_on_loopback(request)',
        'self._auth in ("none", None)',
        api("test_auth.py::test_who_was_not_told_whom_to_let_in_lets_in_this_machine_only"),
    ),
    Mutant(
        "the look at who sent a cookie",
        AUTH,
        ' or "authorization" not in request.headers',
        "",
        api("test_session.py::test_another_site_changes_nothing_with_a_cookie"),
    ),
    Mutant(
        "the look at who signs in",
        AUTH,
        "path == SESSION or ",
        "",
        api("test_session.py::test_another_site_signs_nobody_in_or_out"),
    ),
    Mutant(
        "the header before the cookie",
        AUTH,
        "if authorization is None:",
        "if cookie.sent_in(request):",
        api("test_session.py::test_a_header_goes_before_a_cookie"),
    ),
    Mutant(
        "the doubt about two cookies",
        AUTH,
        'cookies[0] if len(cookies) == 1 else ""',
        "cookies[0]",
        api("test_session.py::test_cookies_that_are_none_open_nothing"),
    ),
    Mutant(
        "what keeps scripts and other sites off the cookie",
        COOKIE,
        'set_cookie(_name(request), key, path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")',
        "set_cookie(_name(request), key, path=PATH)",
        api("test_session.py::test_the_cookie_is_for_no_script_and_no_other_site_and_goes_with_the_browser"),
    ),
    Mutant(
        "the names of loopback",
        CROSS_SITE,
        "if by_own_name and is_on_loopback(request) and not",
        "if not called.name and not",
        api("test_cross_site.py::test_other_names_are_not_so_that_a_rebound_one_reads_nothing"),
    ),
    Mutant(
        "the look at who sent a browser",
        CROSS_SITE,
        "if not is_ours and not (came",
        "if not is_ours and not said and not (came",
        api("test_cross_site.py::test_another_site_changes_nothing"),
    ),
    Mutant(
        "the rate of an owner",
        RATES,
        "if left < cost:",
        "if left < -100:",
        api("test_limits.py::test_one_owner_asks_so_often"),
    ),
    Mutant(
        "the name of a cookie that came by HTTPS",
        COOKIE,
        'return f"__Host-{NAME}" if _is_by_https(request) else NAME',
        "return NAME",
        api("test_session.py::test_over_https_the_cookie_is_one_that_nobody_else_can_have_put_there"),
    ),
    Mutant(
        "the look at a Host",
        CROSS_SITE,
        "raise Malformed(",
        "return print(",
        api("test_cross_site.py::test_a_host_that_is_none_is_refused"),
    ),
    Mutant(
        "the cost of a request that asks for much",
        RATES,
        "return 1 + asked / FOR_ONE",
        "return 1",
        api("test_neighbours.py::test_who_asks_for_much_at_once_asks_less_often"),
    ),
)
