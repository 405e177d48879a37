"""A kind is one record: a parameter's model determines the form, the OpenAPI document and the error for a wrong value."""

from enum import Enum
from typing import Annotated, Any, Literal

import phonenumbers
import pytest
from pydantic import Field, create_model

from md5_task_data import registry
from md5_task_data.errors import CannotLoad, InvalidInput
from md5_task_data.kinds import regions
from md5_task_data.kinds.kind import Kind, MustBe, Parameters, Result


class Given(Parameters):
    encoding: Literal["utf-8", "latin-1"] | None = Field(None, description="how letters are written; detected")
    is_deep: bool | None = Field(None, description="whether folders are looked into; no is quicker")
    depth: Annotated[int | None, MustBe("a number from 1 to 9")] = Field(None, ge=1, le=9, description="how far")


class Found(Result):
    files: int
    folders: int | None = None


class Choice(Enum):
    LF = "lf"
    CRLF = "crlf"


KIND = Kind("walk", Given, Found)
NOT_UPLOADED = Kind("watched", Given, Found, is_uploaded=False)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"encoding": "latin-2"}, "The parameter encoding must be one of utf-8, latin-1."),
        ({"is_deep": "perhaps"}, "The parameter is_deep must be yes or no: whether folders are looked into."),
        ({"depth": "10"}, "The parameter depth must be a number from 1 to 9."),
        ({"dept": "1"}, "'dept'. A file of kind walk takes: kind, filename, batch, encoding, is_deep, depth."),
    ],
)
def test_a_wrong_value_is_told_what_it_must_be(given: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        KIND.checked(given)
    assert caught.value.detail.endswith(words)


def test_what_is_left_out_stays_out() -> None:
    assert KIND.checked({}) == {}
    assert KIND.checked({"is_deep": "yes", "depth": "2"}) == {"is_deep": True, "depth": 2}
    assert (KIND.takes("depth"), KIND.takes("length")) == (True, False)
    assert Found(files=1).as_json() == {"files": 1}
    assert Found(files=1, folders=None).as_json() == {"files": 1, "folders": None}


def test_a_form_has_no_null() -> None:
    assert KIND.schemas["encoding"] == {
        "type": "string",
        "enum": ["utf-8", "latin-1"],
        "description": "how letters are written; detected",
    }
    assert Kind("bare", Parameters, Found).schemas == {}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ((str | None, Field(None)), "parameter it: it needs a description"),
        ((Choice | None, Field(None, description="an Enum")), "parameter it: it needs a description, and one type"),
        ((int | str | None, Field(None, description="two types")), "and one type that a form can have"),
        ((Literal[1, 2] | None, Field(None, description="no texts")), "a `Literal` of strings"),
    ],
)
def test_a_parameter_that_no_form_can_have_stops_the_start(field: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Kind("walk", create_model("Odd", __base__=Parameters, it=field), Found)


def test_a_parameter_of_every_file_is_no_parameter_of_a_kind() -> None:
    class Taken(Parameters):
        batch: str | None = Field(None, description="another batch")

    with pytest.raises(TypeError, match="'batch' is a parameter of every file"):
        Kind("walk", Taken, Found)


def test_a_parameter_that_two_kinds_take_is_described_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(Parameters):
        encoding: Literal["utf-8", "latin-1"] | None = Field(None, description="that of the names")
        depth: Annotated[str | None, MustBe("a word")] = Field(None, description="deep or flat")

    monkeypatch.setattr(registry, "KINDS", {"walk": KIND, "other": Kind("other", Other, Found)})
    monkeypatch.setattr(registry, "UPLOADED", ["walk", "other"])
    schemas = registry.parameter_schemas()
    assert schemas["encoding"] == {
        "type": "string",
        "enum": ["utf-8", "latin-1"],
        "description": "walk: how letters are written; detected. other: that of the names",
    }
    assert schemas["depth"] == {
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "string"}],
        "description": "walk: how far. other: deep or flat",
    }


def test_a_file_is_not_handed_over_for_a_kind_that_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.KINDS, "watched", NOT_UPLOADED)
    assert registry.known("watched") is NOT_UPLOADED
    with pytest.raises(
        InvalidInput,
        match=r"The kind watched takes no uploaded file\. The parameter kind must be one of: md5, contacts, phones\.",
    ):
        registry.uploaded("watched")
    with pytest.raises(
        InvalidInput, match=r"The parameter kind must be one of: md5, contacts, phones; it was 'sha1'\."
    ):
        registry.uploaded("sha1")
    assert registry.DEFAULT == "md5"


def test_a_kind_without_rows_has_none_to_delete_and_one_that_nobody_knows_may_have() -> None:
    assert [registry.keeps_rows(name) for name in ("md5", "contacts", "newer")] == [False, True, True]


def test_a_module_that_is_broken_is_named_with_its_kind() -> None:
    with pytest.raises(CannotLoad, match="the kind 'walk' cannot be loaded: ModuleNotFoundError: No module named"):
        registry.module_of(KIND, "md5_service.worker.kinds")


def test_the_regions_are_those_that_the_library_knows() -> None:
    assert sorted(phonenumbers.SUPPORTED_REGIONS) == regions.REGIONS
    assert regions.checked_region(" gb ") == "GB"
    for wrong in ("", "XX", "001", "USA", "U", "\0"):
        with pytest.raises(ValueError, match="two-letter code"):
            regions.checked_region(wrong)
