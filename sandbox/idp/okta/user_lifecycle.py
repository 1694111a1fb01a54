"""Without this file an account could be made and deleted, but not suspended, unlocked or reset."""

from sandbox.idp.okta.errors import OktaError, no_such_path, wrong_status
from sandbox.idp.okta.logs import user_target, written
from sandbox.idp.okta.users import end_sessions, person, set_status
from sandbox.idp.okta.wire import Call, Reply, Route, stamp

# step → (statuses that allow it, status afterwards, event)
_STEPS: dict[str, tuple[frozenset[str], str | None, str]] = {
    "activate": (frozenset({"STAGED", "DEPROVISIONED"}), "PROVISIONED", "user.lifecycle.activate"),
    "reactivate": (frozenset({"PROVISIONED"}), "PROVISIONED", "user.lifecycle.reactivate"),
    "deactivate": (
        frozenset({"STAGED", "PROVISIONED", "ACTIVE", "SUSPENDED", "LOCKED_OUT", "RECOVERY", "PASSWORD_EXPIRED"}),
        "DEPROVISIONED",
        "user.lifecycle.deactivate",
    ),
    "suspend": (frozenset({"ACTIVE"}), "SUSPENDED", "user.lifecycle.suspend"),
    "unsuspend": (frozenset({"SUSPENDED"}), "ACTIVE", "user.lifecycle.unsuspend"),
    "unlock": (frozenset({"LOCKED_OUT"}), "ACTIVE", "user.account.unlock_by_admin"),
    "expire_password": (frozenset({"ACTIVE"}), "PASSWORD_EXPIRED", "user.account.expire_password"),
    "reset_password": (
        frozenset({"ACTIVE", "PROVISIONED", "RECOVERY", "LOCKED_OUT", "PASSWORD_EXPIRED"}),
        "RECOVERY",
        "user.account.reset_password",
    ),
    "reset_factors": (frozenset({"ACTIVE", "PROVISIONED", "RECOVERY"}), None, "user.mfa.factor.reset_all"),
}
_BODILESS = frozenset({"reset_factors", "deactivate", "suspend", "unsuspend", "unlock"})


def _step(call: Call, key: str, step: str) -> Reply:
    if step not in _STEPS:
        raise no_such_path()
    user = person(call.state, key)
    allowed, after, event = _STEPS[step]
    if user["status"] not in allowed:
        if step == "activate":
            raise OktaError(403, "E0000016", "Activation failed because the user is already active")
        raise wrong_status()
    if after is not None:
        # Only a password makes an account active; without one the vendor waits for the person.
        holds = {held["method"] for held in call.state.all("held").get(user["id"], ())}
        after = "ACTIVE" if step == "activate" and "password" in holds else after
        user = set_status(call, user, after)
        if step == "activate":
            user = {**user, "activated": stamp(call.state.at)}
            call.state.put("users", user["id"], user)
    if step == "reset_factors":
        kept = tuple(h for h in call.state.all("held").get(user["id"], ()) if h["method"] == "password")
        call.state.put("held", user["id"], kept)
    if step == "reset_password":
        end_sessions(call.state, user["id"])
    written(call, event, user_target(user))
    return Reply(200, {} if step in _BODILESS else _answer(call, step, user["id"]))


def _answer(call: Call, step: str, user_id: str) -> dict[str, str]:
    link = f"{call.base}/{'reset-password' if step == 'reset_password' else 'welcome'}/{user_id}"
    if step == "reset_password":
        return {"resetPasswordUrl": link}
    return {"activationUrl": link, "activationToken": user_id}


ROUTES: list[Route] = [("POST", "/api/v1/users/{}/lifecycle/{}", _step)]
