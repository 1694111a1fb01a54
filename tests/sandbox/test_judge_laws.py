"""What holds for any rule that can be declared."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.judge_worlds import Tenant, assurance, session

CATALOGUE = [
    *("app_code", "fastpass", "passkey_bound", "passkey_synced", "password"),
    *("push", "question", "security_key", "sms", "totp", "voice"),
]
PHONE = {"key": "phone_number", "method": "sms"}
WORDS = st.sampled_from(["REQUIRED", "OPTIONAL"])
KNOWLEDGE = st.fixed_dictionaries(
    {}, optional={"required": st.booleans(), "types": st.just(["password"]), "reauthenticateIn": st.just("PT0S")}
)
POSSESSION = st.fixed_dictionaries(
    {},
    optional={
        "required": st.booleans(),
        "deviceBound": WORDS,
        "phishingResistant": WORDS,
        "hardwareProtection": WORDS,
        "userVerification": WORDS,
        "types": st.sampled_from([["phone"], ["app", "security_key"]]),
        "excludedAuthenticationMethods": st.just([PHONE]),
    },
)
CONSTRAINT = st.fixed_dictionaries({}, optional={"knowledge": KNOWLEDGE, "possession": POSSESSION})
RULES = st.builds(assurance, st.sampled_from([1, 2]), CONSTRAINT, CONSTRAINT)
SESSIONS = st.builds(
    session,
    requireFactor=st.booleans(),
    primaryFactor=st.sampled_from(["PASSWORD_IDP", "PASSWORD_IDP_ANY_FACTOR"]),
)


@settings(max_examples=25, deadline=None)
@given(rule=RULES, opening=SESSIONS)
def test_accepted_sets_are_exactly_the_minimal_ones_that_get_in(rule, opening):
    """Each accepted set gets in, nothing less does, and whatever contains none of them is refused."""
    described = Tenant()
    described.authenticator("security_question", allowedFor="any")
    described.rule("Default Session", "Session Rule", opening, system=True)
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", rule, system=True)

    accepted = [frozenset(one) for one in described.ask(holds=CATALOGUE)["accepted"]]

    for size in (1, 2):
        for shown in combinations(CATALOGUE, size):
            enough = any(one <= set(shown) for one in accepted)
            assert enough == (described.outcome("sign-in", *shown, holds=CATALOGUE) == "allowed")
    for one in accepted:
        assert "allowed" == described.outcome("sign-in", *one, holds=CATALOGUE)
        assert not [other for other in accepted if other < one]
        for method in one:
            assert "allowed" != described.outcome("sign-in", *(one - {method}), holds=CATALOGUE)


@settings(max_examples=40, deadline=None)
@given(
    rule=RULES,
    held=st.lists(st.sampled_from(CATALOGUE), unique=True),
    shown=st.lists(st.sampled_from(CATALOGUE), unique=True),
)
def test_a_prompt_leads_in(rule, held, shown):
    """Who is told to show more and shows exactly that is let in; who must enrol and does so, too."""
    described = Tenant()
    described.rule("Account", "Account Catch-all", assurance(1), system=True)
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", rule, system=True)

    verdict = described.ask("sign-in", *shown, holds=held)

    if verdict["outcome"] in {"must-step-up", "must-enrol"}:
        following = {*held, *verdict["prompts"]} if verdict["outcome"] == "must-enrol" else held
        again = described.outcome("sign-in", *shown, *verdict["prompts"], holds=list(following))
        assert "allowed" == again
    else:
        assert [] == verdict["prompts"]
