import pytest

from cohorts.columns import SUBJECTS
from cohorts.errors import SourceInvalid
from cohorts.source_reading import path_of, read_sources

GOOD = """
title = "Acme people"
idp = "hr"
subject = "people"
forms = ["csv"]
[recognise]
has = ["PersNr"]
[columns]
employee_number = "PersNr"
login = ["Kennung", "Konto"]
[words.employment]
Weg = "leaver"
[constants]
employment = "active"
"""


def written(folder, text, name="acme.toml"):
    """Write one source file and read it with ours."""
    (folder / name).write_text(text)
    return {source.key: source for source in read_sources(folder)}


def test_our_own_sources_are_sound():
    """Every file that is delivered can be read, and there is one for each thing that is known of people."""
    sources = read_sources()

    assert set(SUBJECTS) == {source.subject for source in sources}
    assert sorted(source.key for source in sources) == [source.key for source in sources]


def test_a_new_source_is_a_new_file(tmp_path):
    """Its name is its key, and all that it says is kept."""
    source = written(tmp_path, GOOD)["acme"]

    assert (("Kennung",), ("Konto",)) == source.columns["login"].paths
    assert {"weg": "leaver"} == source.words["employment"]
    assert {"employment": "active"} == source.constants
    assert "okta-users" in written(tmp_path, GOOD)


def test_an_organisation_may_put_its_own_in_place_of_ours(tmp_path):
    """A later folder wins over an earlier one, file by file."""
    sources = written(tmp_path, GOOD, "hr-csv.toml")

    assert "Acme people" == sources["hr-csv"].title


def test_a_list_may_say_what_parts_it(tmp_path):
    """A list that is written as one text names its separators."""
    text = (
        GOOD.replace("people", "users")
        .replace("employee_number", "account_id")
        .replace('employment = "active"', 'status = "ACTIVE"')
        .replace('[words.employment]\nWeg = "leaver"', 'groups = {from = ["Gruppen"], separators = [";", ","]}')
    )

    assert (";", ",") == written(tmp_path, text)["acme"].columns["groups"].separators


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("id", ("id",)),
        ("profile.login", ("profile", "login")),
        ("'@odata.type'", ("@odata.type",)),
        ("principal.'@odata.type'.x", ("principal", "@odata.type", "x")),
        ("User principal name", ("User principal name",)),
    ],
)
def test_a_path_is_written_with_dots(text, path):
    """A step that has a dot of its own stands in quotes."""
    assert path == path_of(text)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('title = "Acme people"', "", "title: must be a text"),
        ('idp = "hr"', 'idp = "ping"', "idp: 'ping' is none of okta, entra, hr"),
        ('subject = "people"', 'subject = "pets"', "subject: 'pets' is none of"),
        ('forms = ["csv"]', 'forms = ["xlsx"]', "forms: 'xlsx' is none of"),
        ('forms = ["csv"]', "forms = []", "forms: names none"),
        ('forms = ["csv"]', 'forms = "csv"', "forms: is no list of texts"),
        ('forms = ["csv"]', 'forms = ["csv"]\nform = "csv"', "form: no such key"),
        ('forms = ["csv"]', 'forms = ["csv"]\nis_account_list = 1', "is_account_list: must be true or false"),
        ('has = ["PersNr"]', "", "recognise.has: names nothing"),
        ('has = ["PersNr"]', 'has = ["a..b"]', "recognise.has: 'a..b' is no path"),
        ('has = ["PersNr"]', 'has = ["PersNr"]\nlike = "x"', "recognise.like: no such key"),
        ('employee_number = "PersNr"', "", "columns.employee_number: must be told"),
        ('employee_number = "PersNr"', "employee_number = []", "columns.employee_number: does not say from where"),
        ('employee_number = "PersNr"', "employee_number = 7", "columns.employee_number: is no list of texts"),
        ("login =", "shoe_size =", "columns.shoe_size: no such column"),
        (
            '["Kennung", "Konto"]',
            '{from = ["K"], separators = [","]}',
            "columns.login.separators: the column is no list",
        ),
        ('["Kennung", "Konto"]', '{from = ["K"], by = ","}', "columns.login.by: no such key"),
        ('Weg = "leaver"', 'Weg = "gone"', "words.employment: 'gone' is none of active, leave, leaver"),
        ('Weg = "leaver"', "Weg = 1", "words.employment: is not a table of texts"),
        ("[words.employment]", "[words.hat]", "words.hat: no such column"),
        ("[words.employment]", "[words.title]", "words.title: is not one of the columns"),
        ('employment = "active"', 'employment = "active"\nlogin = "x"', "constants.login: is told by columns too"),
        ('employment = "active"', "employment = 1", "constants.employment: is no text"),
        ('employment = "active"', 'employment = "active"\nhat = "x"', "constants.hat: no such column"),
        ("[constants]", '[only]\ncountry = ["CH"]\n[constants]', "only.country: is not one of the columns"),
        ("[constants]", "[constants", "not TOML"),
        ('title = "Acme people"', 'title = "Acme people"\nwords = 1', "not TOML"),
    ],
)
def test_a_source_that_cannot_be_right_is_refused_with_what_is_wrong(tmp_path, old, new, problem):
    """Every problem names its file and its key, before any row is read."""
    with pytest.raises(SourceInvalid) as refused:
        written(tmp_path, GOOD.replace(old, new))
    assert any(found.startswith(f"acme.toml: {problem}") for found in refused.value.problems), refused.value.problems
    assert refused.value.hint


def test_all_that_is_wrong_is_listed_at_once(tmp_path):
    """A file is mended once, not key by key."""
    with pytest.raises(SourceInvalid, match=r"1 of .* cannot be used") as refused:
        written(tmp_path, 'title = "x"\ncolumns = 1\n')
    assert len(refused.value.problems) >= 5


def test_a_source_file_that_is_no_utf_8_is_refused(tmp_path):
    """It is said, not thrown."""
    (tmp_path / "acme.toml").write_bytes(b'title = "\xff"')

    with pytest.raises(SourceInvalid, match="not UTF-8"):
        read_sources(tmp_path)


def test_a_side_file_says_whose_its_rows_are(tmp_path):
    """A factor of nobody is of no use."""
    text = 'title = "x"\nidp = "okta"\nsubject = "methods"\nforms = ["csv"]\n[recognise]\nhas = ["f"]\n'
    with pytest.raises(SourceInvalid) as refused:
        written(tmp_path, text + '[columns]\nfactor_type = "f"\n')
    assert ("acme.toml: columns: neither account_id nor login says whose a row is",) == refused.value.problems
