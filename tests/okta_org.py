"""A vendor's tenant as its API shows it, without a network between."""

import json

from sandbox.idp.okta import face
from sandbox.idp.state import State

BASE = "http://127.0.0.1:1"
ENROLMENT = {"type": "AUTHENTICATORS", "authenticators": [{"key": "okta_password", "enroll": {"self": "REQUIRED"}}]}
PULUMI = "SSWS sandbox-pulumi"


class Org:
    """Calls to one tenant, and what they must have led to."""

    def __init__(self, state: State) -> None:
        self.state = state

    def send(self, method, path, body=None, token=PULUMI):
        """Send one request and return status, body and headers."""
        content = b"" if body is None else json.dumps(body).encode()
        reply = face.answer(self.state, BASE, method, path, token, content)
        return reply.status, reply.body, reply.headers

    def ask(self, method, path, body=None):
        """Send one request that must succeed and return its body."""
        status, answer, _ = self.send(method, path, body)
        assert status < 300, answer
        return answer

    def refused(self, method, path, body=None):
        """Send one request that must fail and return status, code and causes."""
        status, answer, _ = self.send(method, path, body)
        assert status >= 400, answer
        return status, answer["errorCode"], " ".join(cause["errorSummary"] for cause in answer["errorCauses"])

    def group(self, name):
        """Make a group and return its id."""
        return self.ask("POST", "/api/v1/groups", {"profile": {"name": name}})["id"]

    def user(self, login, **profile):
        """Make an account without a password and return it."""
        names = {"login": login, "email": login, "firstName": "Ada", "lastName": "Byron", **profile}
        return self.ask("POST", "/api/v1/users", {"profile": names})

    def policies(self, kind):
        """Return the policies of one type by name."""
        return {row["name"]: row for row in self.ask("GET", f"/api/v1/policies?type={kind}")}

    def enrolment(self, name, **more):
        """Make an enrolment policy and return it."""
        body = {"type": "MFA_ENROLL", "name": name, "settings": ENROLMENT, **more}
        return self.ask("POST", "/api/v1/policies", body)

    def app_rule(self, policy_id, name, priority=None, **more):
        """Make an app sign-in rule and return it."""
        method = {"type": "ASSURANCE", "factorMode": "2FA"}
        actions = {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}
        body = {"type": "ACCESS_POLICY", "name": name, "actions": actions, **more}
        if priority is not None:
            body["priority"] = priority
        return self.ask("POST", f"/api/v1/policies/{policy_id}/rules", body)

    def ranks(self, policy_id):
        """Return a policy's rules as name → priority."""
        return {row["name"]: row["priority"] for row in self.ask("GET", f"/api/v1/policies/{policy_id}/rules")}

    def events(self, query=""):
        """Return the event types that the System Log shows."""
        return [row["eventType"] for row in self.ask("GET", f"/api/v1/logs{query}")]
