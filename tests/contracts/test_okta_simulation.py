import httpx
import pytest
from sandbox_desk import running

from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_simulation import (
    AT_ONCE,
    RuleFound,
    Subject,
    Supposed,
    Undecided,
    deciding_rules,
)
from migration.errors import IdpRefused, IdpUnavailable
from sandbox.idp.options import Options

HOME = Supposed(ip="192.0.2.10")
BLOCKED = Supposed(ip="198.51.100.10")


@pytest.fixture(scope="module")
def desk():
    """Serve one tenant in which nothing is changed."""
    with running(Options(people=60, seed=7, tenant="lived-in")) as served:
        yield served


@pytest.fixture(scope="module")
def client(desk):
    """Return a client of that tenant."""
    return OktaClient(desk.endpoints["okta"], "sandbox-offramp")


def deciding_rule(client, app_id, *, account_id, group_ids=(), supposed=None):
    """Ask about one account."""
    return deciding_rules(client, app_id, [Subject(account_id, tuple(group_ids))], supposed=supposed)[0]


def app_of(desk, label):
    """Return the id of an app."""
    return next(row["id"] for row in desk.okta.get("/api/v1/apps").json() if row["label"] == label)


def account(desk, cohort="standard"):
    """Return the id of somebody of a cohort."""
    return next(row["id"] for row in desk.read("/truth") if row["cohort"] == cohort)


def body(app_id, context, kinds=("ACCESS_POLICY",)):
    """Return one question in the vendor's form."""
    return {"appInstance": app_id, "policyTypes": list(kinds), "policyContext": context}


class Canned(httpx.MockTransport):
    """Answers each question by a function of it, and keeps what was asked."""

    def __init__(self, answers):
        self.asked = []
        self.answers = answers
        super().__init__(self.reply)

    def reply(self, request):
        """Answer one request."""
        self.asked.append(httpx.Response(200, content=request.content).json())
        return self.answers(self.asked[-1])


def over(answers):
    """Return a client that is answered by a function, and what it asked."""
    client, transport = OktaClient("https://tenant.example", "t"), Canned(answers)
    client._client = httpx.Client(base_url="https://tenant.example", transport=transport)
    return client, transport.asked


def evaluation(rule="Inside"):
    """Return an evaluation in which one rule matches."""
    rules = [{"id": f"rul{rule}", "name": rule, "status": "MATCH", "conditions": []}]
    policies = [{"id": "rst1", "name": "Mail", "status": "MATCH", "conditions": [], "rules": rules}]
    return {"status": None, "policyType": "ACCESS_POLICY", "result": {"policies": policies}}


def refusal(status, code, cause):
    """Return a refusal in the vendor's form."""
    document = {"errorCode": code, "errorSummary": "Api validation failed", "errorCauses": [{"errorSummary": cause}]}
    return httpx.Response(status, json=document)


@pytest.mark.parametrize(
    ("app", "supposed", "rule"),
    [
        ("Sign-in canary", HOME, "Outside blocked networks"),
        ("Sign-in canary", BLOCKED, "Catch-all Rule"),
        ("Payroll", Supposed(ip="203.0.113.10"), "From the corporate network"),
        ("Payroll", HOME, "Catch-all Rule"),
        ("Okta Admin Console", Supposed(is_registered=True, is_managed=True), "Managed devices"),
        ("Okta Admin Console", Supposed(is_registered=True, is_managed=False), "Catch-all Rule"),
    ],
)
def test_the_rule_that_would_decide_is_named(desk, client, app, supposed, rule):
    """It is the one that the judge, too, says decided a sign-in from there."""
    user = account(desk)
    found = deciding_rule(client, app_of(desk, app), account_id=user, supposed=supposed)

    assert isinstance(found, RuleFound)
    assert rule == found.rule_name
    device = {"registered": supposed.is_registered or False, "managed": supposed.is_managed or False}
    context = {"ip": supposed.ip or "192.0.2.10", "device": device}
    verdict = desk.ask("/ask", {"user": user, "app": app, "with": ["password", "sms"], "context": context})
    assert (found.rule_id, rule) == (verdict["decided_by"][-1]["id"], verdict["decided_by"][-1]["rule"])


def test_what_was_not_said_leaves_a_rule_open(desk, client):
    """An address that nobody named is neither inside nor outside a zone; the answer is no rule, and says why."""
    found = deciding_rule(client, app_of(desk, "Payroll"), account_id=account(desk))

    assert Undecided("rule 'From the corporate network' asks for something that was not said") == found


def test_many_accounts_are_asked_about_in_few_calls(desk, client):
    """Each answer belongs to its account, in order, and nothing of it counts as a write."""
    before = len(desk.read("/writes")), desk.events(), desk.read("/state")
    people = [row["id"] for row in desk.read("/truth")][: AT_ONCE * 2 + 5]
    app = app_of(desk, "Sign-in canary")
    asked = []
    client._client.event_hooks = {"request": [asked.append]}

    found = deciding_rules(client, app, [Subject(one) for one in people], supposed=HOME)

    client._client.event_hooks = {}
    assert ["Outside blocked networks"] * len(people) == [one.rule_name for one in found]
    assert 3 == len(asked)
    assert before == (len(desk.read("/writes")), desk.events(), desk.read("/state"))


def test_an_account_that_is_gone_spoils_no_other_answer(desk, client):
    """The tenant refuses the whole list; then each is asked about alone."""
    subjects = [Subject("00uGone"), Subject(account(desk))]
    gone, there = deciding_rules(client, app_of(desk, "Sign-in canary"), subjects, supposed=HOME)

    assert Undecided("the tenant refused to simulate: 404 E0000007") == gone
    assert "Outside blocked networks" == there.rule_name


@pytest.mark.parametrize("flat", [False, True])
def test_a_list_of_bare_evaluations_is_understood_as_well(flat):
    """The reference's own form: no `evaluation` around each."""
    rows = ["One", "Two"]
    client, asked = over(
        lambda _: httpx.Response(200, json=[evaluation(r) if flat else {"evaluation": [evaluation(r)]} for r in rows])
    )

    found = deciding_rules(client, "0oa1", [Subject("00u1"), Subject("00u2")], supposed=HOME)

    assert [RuleFound("rst1", "rulOne", "One"), RuleFound("rst1", "rulTwo", "Two")] == list(found)
    assert 1 == len(asked)


def test_a_tenant_that_takes_no_lists_is_asked_one_by_one():
    """And is not bothered with another list."""

    def answer(question):
        if isinstance(question, list):
            return refusal(400, "E0000003", "The request body was not well-formed.")
        return httpx.Response(200, json={"evaluation": [evaluation()]})

    client, asked = over(answer)
    found = deciding_rules(client, "0oa1", [Subject(f"00u{n}") for n in range(AT_ONCE + 2)])

    assert {"Inside"} == {one.rule_name for one in found}
    assert 1 + AT_ONCE + 2 == len(asked)


@pytest.mark.parametrize(
    ("taken", "tries"),
    [({"user"}, 1), ({"user", "groups"}, 2), ({"groups"}, 3)],
)
def test_the_form_that_the_tenant_takes_is_found_and_kept(taken, tries):
    """The vendor's texts do not agree, so the tenant decides; the next account is asked about in that form."""

    def answer(question):
        if isinstance(question, list):
            return httpx.Response(200, json=[{"evaluation": [evaluation()]} for _ in question])
        if taken == {"user", "groups"} & set(question["policyContext"]):
            return httpx.Response(200, json={"evaluation": [evaluation()]})
        return refusal(400, "E0000001", "policyContext.groups: only userId or groupIds allowed")

    client, asked = over(answer)
    found = deciding_rule(client, "0oa1", account_id="00u1", group_ids=["00g1"])

    assert "Inside" == found.rule_name
    assert tries == len(asked)


@pytest.mark.parametrize(
    ("reply", "because"),
    [
        (refusal(400, "E0000001", "Access to Mail is not allowed. Groups are not assigned to this application."),
         "this account is not assigned to the app"),
        (refusal(400, "E0000001", "something else"), "the tenant refused to simulate: 400 E0000001"),
        (refusal(404, "E0000007", "Not found: 00u1, group"), "the tenant refused to simulate: 404 E0000007"),
        (httpx.Response(200, json={"evaluation": []}), "the simulation says nothing about the app's sign-on policy"),
        (
            httpx.Response(200, json={"evaluation": [{"policyType": "ACCESS_POLICY", "result": {"policies": []}}]}),
            "0 rules of the app's sign-on policy match",
        ),
    ],
)  # fmt: skip
def test_no_answer_is_never_a_rule(reply, because):
    """Whatever is not said by the tenant is undecided, with the reason, and no other form is tried in vain."""
    client, asked = over(lambda _: reply)

    assert Undecided(because) == deciding_rule(client, "0oa1", account_id="00u1", group_ids=["00g1"])
    assert 1 == len(asked)


def test_a_tenant_that_wants_groups_is_not_answered_with_none():
    """Whose groups nobody knows cannot be simulated there."""
    client, _ = over(lambda _: refusal(400, "E0000001", "policyContext.groups: The field cannot be left blank"))

    found = deciding_rule(client, "0oa1", account_id="00u1")

    assert Undecided("the tenant refused to simulate: 400 E0000001") == found


def test_an_answer_in_no_known_form_is_an_error():
    """It must not be taken for silence."""
    client, _ = over(lambda _: httpx.Response(200, json=[]))

    with pytest.raises(IdpRefused, match="not known"):
        deciding_rule(client, "0oa1", account_id="00u1")


def test_all_that_is_supposed_is_said_in_the_vendors_words():
    """And what is not supposed is left out, for null is no answer."""
    client, asked = over(lambda _: httpx.Response(200, json={"evaluation": [evaluation()]}))
    supposed = Supposed(zone_ids=("nzo1",), platform="ios", is_registered=True, is_managed=False, risk="low")

    deciding_rule(client, "0oa1", account_id="00u1", supposed=supposed)

    context = {"user": {"id": "00u1"}, "zones": {"ids": ["nzo1"]}, "risk": {"level": "LOW"}}
    device = {"platform": "IOS", "registered": True, "managed": False}
    expected = body("0oa1", {**context, "device": device})
    assert [expected] == asked


@pytest.mark.parametrize(("is_read", "sent"), [(True, 2), (False, 1)])
def test_a_lost_answer_is_asked_for_again_only_where_that_changes_nothing(is_read, sent, monkeypatch):
    """A write that was answered by nothing may have taken effect."""
    monkeypatch.setattr("migration.adapters.okta_client.time.sleep", lambda _: None)
    calls = []

    def answer(_):
        calls.append(1)
        return httpx.Response(503) if len(calls) == 1 else httpx.Response(200, json={"done": True})

    client, _ = over(answer)
    if is_read:
        assert {"done": True} == client.post("/x", {}, is_read=True)
    else:
        with pytest.raises(IdpUnavailable, match="503"):
            client.post("/x", {}, is_read=False)
    assert sent == len(calls)


def test_a_post_that_is_answered_by_no_body_returns_none():
    """Lifecycle calls are answered so."""
    client, _ = over(lambda _: httpx.Response(204))

    assert client.post("/x", {}, is_read=False) is None
