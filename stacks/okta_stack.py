"""Without this file the sets would have no order, and nothing would say what was carried out, and on whose decision."""

import pulumi
import pulumi_okta as okta

from migration.baseline import Baseline
from migration.manifest import Manifest, ManifestUnreadable
from migration.set_names import tally
from stacks.chain import Chain
from stacks.okta_policies import declare_set
from stacks.okta_set import Place


def declare(manifest: Manifest, baseline: Baseline) -> None:
    """
    Declare every set of the manifest, first the one that decides first.

    Raises:
        ManifestUnreadable: The manifest was written for another baseline, or the tenant's account-management
            policy is not the one that was captured.
    """
    if manifest.baseline_digest != baseline.digest:
        raise ManifestUnreadable(
            "The manifest was decided on another baseline",
            context=f"manifest {manifest.baseline_digest[:12]}, baseline {baseline.digest[:12]}",
            hint="offramp baseline diff shows what differs; then offramp plan propose",
        )
    account = okta.policy.get_policy(name=baseline.account_management.policy_name, type="ACCESS_POLICY")
    if account.id != baseline.account_management.policy_id:
        raise ManifestUnreadable(
            "The tenant's account-management policy is not the captured one",
            context=f"tenant {account.id}, baseline {baseline.account_management.policy_id}",
            hint="is this the tenant that the baseline was captured from?",
        )
    chain, contents = Chain(), manifest.sets
    sets = {
        content.key: declare_set(Place(content, tally(contents[:order]), baseline, manifest.canary, chain))
        for order, content in enumerate(contents)
    }
    pulumi.export("manifest_digest", manifest.digest)
    pulumi.export("baseline_digest", baseline.digest)
    # An anchor outside the ledger: the entry that decided, and the digest that it was sealed with.
    pulumi.export("decided_by", manifest.decided_by.model_dump() if manifest.decided_by else None)
    pulumi.export("sets", sets)
