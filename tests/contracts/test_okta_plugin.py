import json
import subprocess
import sys
from pathlib import Path

import grpc
import pulumi_okta
import pytest
from google.protobuf.empty_pb2 import Empty
from okta_plugin_desk import TOKENS, Aborted, Context, Desk, Vendor, listening, struct
from pulumi import _types
from pulumi.runtime.proto import provider_pb2 as p
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.providers.okta import PACKAGE
from sandbox.providers.plugin import Servicer
from sandbox.providers.values import DEFAULTS, UNKNOWN, pack, unpack

PACKAGES = {
    "Group": "group",
    "Mfa": "policy",
    "RuleMfa": "policy",
    "Signon": "policy",
    "RuleSignon": "policy",
    "Password": "policy",
    "RulePassword": "policy",
    "AppSignonPolicyRule": "",
    "AppSignonPolicy": "",
    "Zone": "network",
}
CONSTRAINT = {"possession": {"deviceBound": "REQUIRED", "phishingResistant": "REQUIRED"}}
APP_RULE = {"policyId": "P", "name": "slot-1 sign-in", "priority": 1, "constraints": [json.dumps(CONSTRAINT)]}
THEIRS = {
    "id": "R",
    "name": "slot-1 sign-in",
    "priority": 1,
    "status": "ACTIVE",
    "system": False,
    "type": "ACCESS_POLICY",
    "conditions": {
        "people": {"users": {"exclude": []}},
        "network": {"connection": "ANYWHERE"},
        "userType": {"include": [], "exclude": []},
        "riskScore": {"level": "ANY"},
    },
    "actions": {
        "appSignOn": {
            "access": "ALLOW",
            "verificationMethod": {
                "factorMode": "2FA",
                "type": "ASSURANCE",
                "reauthenticateIn": "PT2H",
                "constraints": [{"possession": {**CONSTRAINT["possession"], "required": False}}],
            },
            "keepMeSignedIn": {"postAuth": "NOT_ALLOWED"},
        }
    },
}
WHERE = "/api/v1/policies/P/rules/R"


@pytest.fixture
def desk():
    """Return the plugin, configured for a vendor that has one app rule."""
    vendor = Vendor()
    vendor.objects[WHERE] = json.loads(json.dumps(THEIRS))
    with listening(vendor) as url:
        yield Desk(vendor, httpProxy=url, apiToken="sandbox-pulumi")


@pytest.mark.parametrize("name", PACKAGES)
def test_properties_are_exactly_what_the_sdk_sends(name):
    """A property that the SDK has and the plugin has not, or the reverse, is a silent loss somewhere."""
    # By attribute, as a program does: importing a part of the SDK by name would leave its package half loaded.
    module = getattr(pulumi_okta, PACKAGES[name]) if PACKAGES[name] else pulumi_okta
    registered = Path(pulumi_okta.__file__).read_text()

    assert set(_types.input_type_types(getattr(module, f"{name}Args"))) == set(PACKAGE.resources[TOKENS[name]].fields)
    assert f'"{TOKENS[name]}": "{name}"' in registered


def test_every_type_is_compared_with_the_sdk():
    """The list above misses none of the plugin's types."""
    assert set(PACKAGES) == set(TOKENS)


@pytest.mark.parametrize("name", PACKAGES)
def test_unknowns_pass_everywhere(desk, name):
    """In a preview any property may be unknown; none of them is a failure."""
    fields = PACKAGE.resources[TOKENS[name]].fields
    news = {key: UNKNOWN for key, spec in fields.items() if not spec.not_modelled}
    clashing = {"networkExcludes", "externalIdp"}

    _, wrong = desk.check(name, {key: value for key, value in news.items() if key not in clashing})

    assert {} == wrong


def test_a_property_that_nobody_knows_is_named(desk):
    """A misspelt property, also inside constraints, is a failure with its path; all come at once."""
    odd = {"possession": {"devicebound": "REQUIRED"}, "knowledge": {"types": ["password"]}}

    _, wrong = desk.check(
        "AppSignonPolicyRule",
        {**APP_RULE, "groupsIncludeds": ["00g1"], "access": "MAYBE", "constraints": [json.dumps(odd)]},
    )

    assert {"groupsIncludeds", "access", "constraints[0].possession.devicebound"} == set(wrong)
    assert "groupsIncludeds is not a property; known are" in wrong["groupsIncludeds"]


@pytest.mark.parametrize(
    ("name", "news", "path"),
    [
        ("RuleMfa", {"name": "n"}, "policyId"),
        ("RuleMfa", {"policyId": "P", "name": "n", "priority": "1"}, "priority"),
        ("Mfa", {"name": "n"}, "isOie"),
        ("Mfa", {"name": "n", "isOie": True, "oktaSms": {"enroll": "OPTIONAL"}}, "oktaSms"),
        ("Mfa", {"name": "n", "isOie": True, "webauthn": {"enroll": "MAYBE"}}, "webauthn.enroll"),
        ("Mfa", {"name": "n", "isOie": True, "webauthn": {"grace": "P7D", "enroll": "OPTIONAL"}}, "webauthn.grace"),
        ("AppSignonPolicyRule", {**APP_RULE, "deviceIsRegistered": False}, "deviceIsRegistered"),
        ("AppSignonPolicyRule", {**APP_RULE, "deviceIsManaged": True}, "deviceIsManaged"),
        ("AppSignonPolicyRule", {**APP_RULE, "chains": ["{}"]}, "chains"),
        ("AppSignonPolicyRule", {**APP_RULE, "constraints": ["[]"]}, "constraints[0]"),
        ("AppSignonPolicyRule", {**APP_RULE, "networkIncludes": ["a"], "networkExcludes": ["b"]}, "networkIncludes"),
        ("RulePassword", {"policyId": "P", "name": "n", "passwordResetRequirement": {}}, None),
        (
            "RulePassword",
            {"policyId": "P", "name": "n", "passwordResetRequirement": {"primaryMethods": ["email"]}},
            "passwordResetRequirement",
        ),
        ("RuleSignon", {"policyId": "P", "name": "n", "access": "CHALLENGE"}, "access"),
        ("Zone", {"name": "n", "type": "IP", "usage": "BLOCKLIST", "proxies": ["10.0.0.0/8"]}, "proxies"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_check(desk, name, news, path):
    """A value that the official provider refuses, or would drop in silence, is a failure that names it."""
    _, wrong = desk.check(name, news)

    assert ({path} if path else set()) == set(wrong)


def test_defaults_are_the_official_ones_and_named(desk):
    """Silence becomes the official default, listed in `__defaults`; falsy defaults are not written down."""
    inputs = desk.checked("RuleSignon", {"policyId": "P", "name": "always", "status": "INACTIVE"})

    assert ["access", "authtype", "identityProvider", "networkConnection", "sessionIdle", "sessionLifetime"] == (
        inputs.pop(DEFAULTS)
    )
    assert {"policyId": "P", "name": "always", "status": "INACTIVE", "access": "ALLOW", "authtype": "ANY"} == {
        key: inputs[key] for key in ("policyId", "name", "status", "access", "authtype")
    }
    assert 120 == inputs["sessionIdle"] == inputs["sessionLifetime"]
    assert "mfaRequired" not in inputs


def test_a_name_is_generated_once(desk):
    """Without a name one is made from the URN, and later checks keep it."""
    first = desk.checked("Group", {})
    second, _ = desk.check("Group", {}, first)

    assert first["name"].startswith("thing-")
    assert first["name"] == second["name"]
    assert ["name"] == second[DEFAULTS]


def test_a_preview_foretells_without_calling(desk):
    """A preview's create has no id, repeats the program, and shows as unknown what the server will choose."""
    identity, outputs, _ = desk.create("AppSignonPolicyRule", APP_RULE, preview=True)

    assert "" == identity
    assert "ALLOW" == outputs["access"]
    assert {"system", "riskScore", "keepMeSignedIn"} == {key for key, one in outputs.items() if one == UNKNOWN}
    assert [] == desk.vendor.spoken()


def test_a_refresh_without_drift_changes_nothing(desk):
    """Server-added defaults and a differently spelt constraint make no difference, and keep the program's text."""
    spelt = {**APP_RULE, "constraints": ['{"possession": {"phishingResistant":"REQUIRED","deviceBound":"REQUIRED"}}']}
    inputs = desk.checked("AppSignonPolicyRule", spelt)

    answer = desk.read("AppSignonPolicyRule", "R", {"policyId": "P"}, inputs)

    assert {key: value for key, value in inputs.items() if key != DEFAULTS} == unpack(answer.inputs)
    diff = desk.diff("AppSignonPolicyRule", unpack(answer.properties), unpack(answer.inputs), spelt)
    assert p.DiffResponse.DIFF_NONE == diff.changes


@pytest.mark.parametrize(
    ("place", "value", "name"),
    [
        ("status", "INACTIVE", "status"),
        ("priority", 4, "priority"),
        ("conditions.people.groups", {"exclude": ["00g9"]}, "groupsExcluded"),
        ("conditions.people.users.include", ["00u9"], "usersIncluded"),
        ("conditions.network", {"connection": "ZONE", "include": ["nzo1"]}, "networkConnection"),
        ("conditions.elCondition", {"condition": "true"}, "customExpression"),
        ("conditions.device", {"registered": True, "managed": False}, "deviceIsRegistered"),
        ("conditions.userType.exclude", ["oty1"], "userTypesExcluded"),
        ("conditions.platform", {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}, "platformIncludes"),
        ("actions.appSignOn.access", "DENY", "access"),
        ("actions.appSignOn.verificationMethod.factorMode", "1FA", "factorMode"),
        ("actions.appSignOn.verificationMethod.reauthenticateIn", "PT43800H", "reAuthenticationFrequency"),
        ("actions.appSignOn.verificationMethod.constraints", [], "constraints"),
        (
            "actions.appSignOn.verificationMethod.constraints",
            [{"possession": {"deviceBound": "OPTIONAL", "phishingResistant": "REQUIRED"}}],
            "constraints",
        ),
    ],
)
def test_drift_shows_whether_the_program_sets_the_property_or_not(desk, place, value, name):
    """What someone changed in the console is found by Read and named by Diff, by its property."""
    *parents, last = place.split(".")
    changed = desk.vendor.objects[WHERE]
    for parent in parents:
        changed = changed[parent]
    changed[last] = value

    answer = desk.read("AppSignonPolicyRule", "R", {"policyId": "P"}, desk.checked("AppSignonPolicyRule", APP_RULE))

    outputs, inputs = unpack(answer.properties), unpack(answer.inputs)
    assert name in desk.diff("AppSignonPolicyRule", outputs, inputs, APP_RULE).diffs


def test_an_import_names_policy_and_rule(desk):
    """`policyId/ruleId` is read, becomes the rule's id, and shows everything that a program could set."""
    answer = desk.read("AppSignonPolicyRule", "P/R")

    inputs = unpack(answer.inputs)
    assert "R" == answer.id
    assert ("P", "slot-1 sign-in", "ACTIVE", 1) == tuple(
        inputs[key] for key in ("policyId", "name", "status", "priority")
    )
    assert "system" not in inputs
    with pytest.raises(Aborted, match=r"Expecting \{policyID\}/\{ruleID\}"):
        desk.read("AppSignonPolicyRule", "R")


def test_what_is_gone_has_no_id(desk):
    """A 404 is no error in a read: the empty id says that the object is gone."""
    assert "" == desk.read("AppSignonPolicyRule", "X", {"policyId": "P"}, {}).id
    assert "" == desk.read("RuleMfa", "R", {"policyId": "gone"}, {}).id


def test_a_rule_that_moves_is_made_anew(desk):
    """Policy and, but for app rules, name are ForceNew; a fixed name is deleted before its successor is made."""
    old = {"policyId": "P", "name": "a", "status": "ACTIVE", "priority": 1}
    rule = desk.diff("RuleMfa", old, old, {**old, "name": "b"})
    app_rule = desk.diff("AppSignonPolicyRule", old, old, {**old, "name": "b"})

    assert (["name"], True) == (list(rule.replaces), rule.deleteBeforeReplace)
    assert p.PropertyDiff.UPDATE_REPLACE == rule.detailedDiff["name"].kind
    assert [] == list(app_rule.replaces)
    assert ["policyId"] == list(desk.diff("AppSignonPolicyRule", old, old, {**old, "policyId": "Q"}).replaces)


def test_ignored_changes_are_no_difference(desk):
    """A property under `ignoreChanges` stays out of the diff, whatever the server shows."""
    _, outputs, inputs = desk.create("Group", {"name": "Wave", "description": "ours"})
    theirs = {**outputs, "description": "theirs"}

    assert ["description"] == list(desk.diff("Group", theirs, inputs, {"name": "Wave", "description": "ours"}).diffs)
    assert [] == list(desk.diff("Group", theirs, inputs, {"name": "Wave"}, ("description",)).diffs)


def test_silence_about_the_priority_is_no_difference(desk):
    """The server chooses a priority for who does not; that is not drift."""
    program = {"name": "Ours", "groupsIncluded": ["00g1"]}
    _, outputs, inputs = desk.create("Signon", program)

    assert [] == list(desk.diff("Signon", {**outputs, "priority": 7}, inputs, program).diffs)


def configured(**config: str) -> Context:
    """Configure a fresh plugin; return what it said."""
    context = Context()
    Servicer(PACKAGE).Configure(p.ConfigureRequest(args=pack(config)), context)
    return context


@pytest.mark.parametrize(
    "url", ["https://acme.okta.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "file:///x"]
)
def test_only_loopback_is_talked_to(url):
    """Any other target is refused at configure, by its name and before any call."""
    with pytest.raises(Aborted, match="loopback only") as refused:
        configured(httpProxy=url, apiToken="t")
    assert repr(url) in str(refused.value)


def test_an_organisation_without_a_proxy_is_a_real_tenant(monkeypatch):
    """Without `httpProxy` the target is the organisation's own address, which is refused."""
    monkeypatch.delenv("OKTA_HTTP_PROXY", raising=False)

    with pytest.raises(Aborted, match=r"https://acme\.okta\.com"):
        configured(orgName="acme", baseUrl="okta.com", apiToken="t")


def test_settings_win_over_the_environment(monkeypatch):
    """The environment is read only where the stack is silent; without a token nobody may call."""
    monkeypatch.setenv("OKTA_HTTP_PROXY", "https://elsewhere.example")
    monkeypatch.delenv("OKTA_API_TOKEN", raising=False)

    assert configured(httpProxy="http://127.0.0.1:9", apiToken="t")
    with pytest.raises(Aborted, match="okta:apiToken is not set"):
        configured(httpProxy="http://127.0.0.1:9")
    monkeypatch.setenv("OKTA_API_TOKEN", "t")
    with pytest.raises(Aborted, match=r"elsewhere\.example"):
        configured()


def test_an_sdk_of_another_major_is_refused():
    """Property names differ between majors, so the pair is refused by CheckConfig and by Configure."""
    request = p.CheckRequest(news=struct({"version": "6.6.0", "nonsense": "1", "apiToken": UNKNOWN}))
    answer = Servicer(PACKAGE).CheckConfig(request, Context())

    assert {"version", "nonsense"} == {one.property for one in answer.failures}
    with pytest.raises(Aborted, match=r"SDK is okta 6\.6\.0 and this plugin is 7\.0\.1"):
        configured(version="6.6.0", httpProxy="http://127.0.0.1:9", apiToken="t")


def test_secrets_arrive_in_clear_and_leave_so():
    """The plugin answers acceptSecrets false, supports previews, and unwraps a secret that comes all the same."""
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "t"}
    request = p.ConfigureRequest(args=struct({"apiToken": mark, "httpProxy": "http://127.0.0.1:9"}))

    answer = Servicer(PACKAGE).Configure(request, Context())

    assert (False, True) == (answer.acceptSecrets, answer.supportsPreview)
    assert {"apiToken": "t", "httpProxy": "http://127.0.0.1:9"} == unpack(request.args)


def started(command: list[str]) -> tuple[subprocess.Popen, provider_pb2_grpc.ResourceProviderStub]:
    """Start the plugin as an engine does; its first line is the port."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    port = int(process.stdout.readline())
    return process, provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))


PLUGIN = [sys.executable, "-m", "sandbox.providers.okta", "127.0.0.1:1"]


def test_it_serves_on_the_port_it_prints_and_leaves_on_cancel():
    """The first line is a port where version 7.0.1 answers; after Cancel the process ends well."""
    process, stub = started(PLUGIN)

    with process:
        assert "7.0.1" == stub.GetPluginInfo(Empty()).version
        stub.Cancel(Empty())
        assert 0 == process.wait(timeout=20)


def test_it_leaves_when_its_parent_dies():
    """A killed engine leaves no plugin behind that could still finish a create."""
    parent = f"import subprocess, time; subprocess.Popen({PLUGIN!r}); time.sleep(60)"
    process, stub = started([sys.executable, "-c", parent])

    with process:
        assert "7.0.1" == stub.GetPluginInfo(Empty()).version
        process.kill()
        # The orphan holds the other end of this pipe: it closes when the orphan is gone.
        assert "" == process.stdout.read()
